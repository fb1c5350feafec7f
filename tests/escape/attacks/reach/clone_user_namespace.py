# clone(CLONE_NEWUSER | …), with and without thread flags, and clone3 of the same.
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
got = []
for flags in (0x10000000 | 17, 0x10000000 | 0x20000 | 17, 0x40000000 | 17, 0x20000000 | 17, 0x00008000 | 17, 17, 0x4111, 0x00004000 | 0x100 | 17):
    if flags & 0x100:
        continue  # vfork with shared memory would break this very process
    pid = libc.syscall(56, flags, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    if pid > 0:
        got.append(hex(flags))
args = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
pid = libc.syscall(435, args, 88)
if pid == 0:
    os._exit(0)
if pid > 0:
    got.append("clone3")
print("ESCAPED", *got) if got else print("held")
