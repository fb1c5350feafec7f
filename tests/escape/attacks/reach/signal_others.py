# Signals every process it can name, and whole groups.
import json, os, signal, sys
rig = json.load(sys.stdin)
got = []
me = os.getpid()
for name in ("SIGUSR1", "SIGTERM", "SIGSTOP", "SIGKILL"):
    number = getattr(signal, name)
    for pid in [*rig["pids"], os.getppid()]:
        if pid in (me, 0):
            continue
        try:
            os.kill(pid, number)
            got.append((pid, name))
        except OSError:
            pass
print("ESCAPED", *got) if got else print("held")
