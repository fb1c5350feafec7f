# Changes owner, mode and attributes of canary files; of the interpreter's files it sets what they have.
import json, os, sys
rig = json.load(sys.stdin)
got = []
ways = [
    lambda p: os.chmod(p, 0o777),
    lambda p: os.chmod(p, 0o4755),
    lambda p: os.chown(p, 0, 0),
    lambda p: os.chown(p, 65534, 65534),
    lambda p: os.lchown(p, os.getuid(), os.getgid()),
    lambda p: os.setxattr(p, "user.planted", b"1"),
    lambda p: os.fchmod(os.open(p, os.O_RDONLY), 0o777),
]
for path in [*rig["victims"], *rig["secrets"]]:
    for way in ways:
        try:
            way(path)
            got.append(path)
        except OSError:
            pass
for path in (os.__file__, sys.executable or "/usr/bin/python3", "/usr", "/etc"):
    try:
        os.chmod(path, os.stat(path).st_mode & 0o7777)
        got.append(path)
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
