# Holds locks on files that every program shares; the next one must find them free.
import fcntl, json, os, sys, threading, time
rig = json.load(sys.stdin)
got = []
for path in {os.path.realpath(p) for p in (os.__file__, json.__file__, "/", "/usr", "/tmp", ".", "/dev/null", "/dev/shm", "/etc", "/usr/lib")}:
    for flags in (os.O_RDONLY, os.O_RDWR):
        try:
            fd = os.open(path, flags)
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break  # a second lock of ours would stand against the first
        except BlockingIOError:
            got.append(path)
        except OSError:
            pass
try:
    if rig["turn"] == 1 and os.fork() == 0:
        time.sleep(20)
except OSError:
    pass
print("ESCAPED", *got) if got else print("held")
