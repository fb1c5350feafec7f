# System V shared memory, semaphores and queues outlive the program.
import ctypes, json, sys
rig = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
key = 0x5053AAAA
if rig["turn"] == 1:
    libc.shmget(key, 4096, 0o1666)
    libc.semget(key, 1, 0o1666)
    libc.msgget(key, 0o1666)
    print("held")
else:
    got = [name for name, value in (("shm", libc.shmget(key, 0, 0)), ("sem", libc.semget(key, 0, 0)), ("msg", libc.msgget(key, 0))) if value >= 0]
    print("ESCAPED", *got) if got else print("held")
