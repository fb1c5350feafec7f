# Reads canary files by plain path, through a symbolic link of its own, and relative to every directory above.
import json, os, sys
rig = json.load(sys.stdin)
got = []
for path in rig["secrets"]:
    tries = [path, os.path.relpath(path), "/.." * 20 + path, "/./" + path]
    try:
        os.symlink(path, "link")
        tries.append("link")
    except OSError:
        pass
    for name in tries:
        try:
            got.append(open(name).read())
        except (OSError, ValueError):
            pass
        try:
            fd = os.open(name, os.O_PATH)
            got.append(open(f"/proc/self/fd/{fd}").read())
        except OSError:
            pass
    try:
        os.unlink("link")
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
