# Hard links a canary into its scratch directory, and makes device nodes there: disk, memory, console.
import json, os, stat, sys
rig = json.load(sys.stdin)
got = []
for number, path in enumerate([*rig["secrets"], *rig["victims"], "/etc/shadow"]):
    for make in (os.link, os.symlink):
        try:
            make(path, f"l{number}")
            got.append(open(f"l{number}").read())
        except OSError:
            pass
        try:
            os.unlink(f"l{number}")
        except OSError:
            pass
for number, (kind, major, minor) in enumerate([(stat.S_IFCHR, 1, 1), (stat.S_IFCHR, 1, 3), (stat.S_IFBLK, 254, 0), (stat.S_IFBLK, 8, 0), (stat.S_IFCHR, 5, 1), (stat.S_IFCHR, 10, 232)]):
    try:
        os.mknod(f"n{number}", kind | 0o666, os.makedev(major, minor))
        os.close(os.open(f"n{number}", os.O_RDWR))
        got.append(("node", major, minor))
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
