# Leaves children behind by raw system calls: fork, vfork, clone, clone3, clone into the parent.
import ctypes, json, os, sys, time
rig = json.load(sys.stdin)
libc = ctypes.CDLL(None)
print("held", flush=True)
for numbers in ((57,), (56, 17, 0, 0, 0, 0), (56, 0x8000 | 17, 0, 0, 0, 0), (56, 0, 0, 0, 0, 0), (435, (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17), 88)):
    if libc.syscall(*numbers) == 0:
        libc.prctl(15, rig["mark"].encode()[:15], 0, 0, 0)
        libc.setsid()
        time.sleep(20)
        os._exit(0)
os._exit(0)
