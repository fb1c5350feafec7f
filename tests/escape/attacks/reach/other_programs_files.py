# Looks for other programs' scratch directories, sources and inputs.
import json, os, sys
rig = json.load(sys.stdin)
here = os.path.realpath(".")
got = []
for base in ("/tmp", "/var/tmp", "/dev/shm", "/run", os.path.dirname(here), "/proc/self/cwd/.."):
    if not here.startswith("/") or os.path.realpath(base) in (here, "/"):
        continue
    try:
        names = os.listdir(base)
    except OSError:
        continue
    for name in names:
        path = os.path.join(base, name)
        if not here.startswith(os.path.realpath(path)) and os.access(path, os.R_OK) and (os.path.isfile(path) or os.listdir(path)):
            got.append(path)
print("ESCAPED", *got) if got else print("held")
