# Plants files wherever it may write, also hidden and odd ones, and looks for them in the next run.
import json, os, sys
rig = json.load(sys.stdin)
places = {".", "/", "/tmp", "/var/tmp", "/dev/shm", "/run", "/dev", "/proc", "/sys", "/usr", "/etc", "/var", "/opt", "/srv", os.path.expanduser("~"), *rig["dirs"], "/dev/mqueue", "/run/lock", ".."}
for base in ("/", "/tmp", "/var", "/usr", "/run"):
    try:
        places |= {os.path.join(base, name) for name in os.listdir(base)}
    except OSError:
        pass
got = []
for place in places:
    for name in ("psmark-left", ".psmark", "psmark\n", "json.py", "sitecustomize.py"):
        path = os.path.join(place, name)
        if rig["turn"] == 1:
            try:
                open(path, "w").write("planted = True")
            except (OSError, ValueError):
                pass
        else:
            try:
                if "planted" in open(path).read(100):
                    got.append(path)
            except (OSError, ValueError):
                pass
print("ESCAPED", *got) if got else print("held")
