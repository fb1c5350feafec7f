# kill(-1), kill(0) and the process group of another.
import json, os, signal, sys
rig = json.load(sys.stdin)
try:
    print("ESCAPED", open(rig["secrets"][0]).read())
    sys.exit()  # it reads what it should not: no need to harm the machine as well
except OSError:
    pass
got = []
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
for pid in rig["pids"][1:]:
    try:
        os.killpg(pid, signal.SIGUSR1)
        got.append(pid)
    except OSError:
        pass
try:
    os.kill(-1, 0)  # asks only: in its own name space there is nobody else
    got.append("everyone")
except OSError:
    pass
print("ESCAPED", *got, flush=True) if got else print("held", flush=True)
try:
    os.kill(0, signal.SIGUSR1)  # a process group reaches across process name spaces
except OSError:
    pass
if os.getpid() < 10:
    try:
        os.kill(-1, signal.SIGKILL)
    except OSError:
        pass
