# Walks into other processes' roots, working directories and open files.
import json, os, sys
rig = json.load(sys.stdin)
got = []
for pid in ["1", "2", str(os.getppid()), *map(str, rig["pids"])]:
    for part in ("root", "cwd"):
        base = f"/proc/{pid}/{part}"
        for path in rig["secrets"]:
            try:
                got.append(open(base + path).read())
            except OSError:
                pass
        try:
            if "psmark" in "".join(os.listdir(base + "/tmp")):
                got.append("tmp of " + pid)
        except OSError:
            pass
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            data = os.read(os.open(f"/proc/{pid}/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK), 65536)
            if rig["prefix"].encode() in data:
                got.append(data)
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
