# x32 system calls: the same kernel functions under numbers with bit 30 set.
import ctypes, json, sys
rig = json.load(sys.stdin)
print("held", flush=True)
libc = ctypes.CDLL(None, use_errno=True)
bit = 0x40000000
fd = libc.syscall(bit | 2, rig["secrets"][0].encode(), 0)
if fd >= 0:
    import os
    print("ESCAPED", os.read(fd, 100))
if libc.syscall(bit | 41, 2, 1, 0) >= 0:
    print("ESCAPED socket")
if libc.syscall(bit | 57) == 0:
    sys.exit()
