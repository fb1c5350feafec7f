# POSIX shared memory, named semaphores and message queues outlive the program.
import ctypes, json, os, sys
rig = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
got = []
if rig["turn"] == 1:
    libc.shm_open(b"/psmark-shm", os.O_CREAT | os.O_RDWR, 0o666)
    libc.sem_open(b"/psmark-sem", os.O_CREAT, 0o666, 1)
    libc.mq_open(b"/psmark-mq", os.O_CREAT | os.O_RDWR, 0o666, 0)
    try:
        from multiprocessing import shared_memory
        shared_memory.SharedMemory("psmark-py", create=True, size=64)
    except Exception:
        pass
else:
    for name in ("shm", "py"):
        if libc.shm_open(b"/psmark-" + name.encode(), os.O_RDWR, 0o666) >= 0:
            got.append(name)
    if libc.mq_open(b"/psmark-mq", os.O_RDWR) >= 0:
        got.append("mq")
    if os.path.exists("/dev/shm/sem.psmark-sem"):
        got.append("sem")
print("ESCAPED", *got) if got else print("held")
