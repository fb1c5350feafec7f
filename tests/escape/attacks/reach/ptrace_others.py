# Attaches to other processes by ptrace.
import ctypes, json, os, sys
rig = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
got = []
for pid in {*range(1, 40), os.getppid(), *rig["pids"]} - {os.getpid(), 0}:
    for request in (16, 0x4206):  # ATTACH, SEIZE
        if libc.ptrace(request, pid, 0, 0) == 0:
            got.append(pid)
print("ESCAPED", *got) if got else print("held")
