# Reads environment, command line and maps of every process it can name.
import json, os, sys
rig = json.load(sys.stdin)
got = []
try:
    pids = [name for name in os.listdir("/proc") if name.isdigit()]
except OSError:
    pids = []
for pid in {*pids, *map(str, rig["pids"]), "1", str(os.getppid())}:
    for part in ("environ", "cmdline", "maps", "stack", "auxv"):
        try:
            data = open(f"/proc/{pid}/{part}", "rb").read()
        except OSError:
            continue
        if rig["prefix"].encode() in data or (int(pid) in rig["pids"] and data):
            got.append((pid, part, data[:3000]))
print("ESCAPED", *got) if got else print("held")
