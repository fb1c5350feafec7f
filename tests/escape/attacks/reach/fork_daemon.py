# Leaves a daemon behind: double fork, own session, own name; it would write the canary a second later.
import ctypes, json, os, sys, time
rig = json.load(sys.stdin)
def stay():
    ctypes.CDLL(None).prctl(15, rig["mark"].encode()[:15], 0, 0, 0)
    for signal in range(1, 30):
        try:
            __import__("signal").signal(signal, 1)
        except (OSError, ValueError):
            pass
    end = time.time() + 20
    while time.time() < end:
        try:
            open(rig["victims"][0], "a").write("planted")
        except OSError:
            pass
        time.sleep(0.2)
    os._exit(0)
for way in ("fork", "forkpty"):
    try:
        if (os.fork() if way == "fork" else os.forkpty()[0]) == 0:
            os.setsid()
            if os.fork() == 0:
                stay()
            os._exit(0)
    except OSError:
        pass
print("held", flush=True)
