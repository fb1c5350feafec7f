# Opens a ring: its operations (open, connect, send) pass by a system call filter.
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
params = (ctypes.c_uint32 * 30)()
ring = libc.syscall(425, 32, params)
for flags in (1, 2, 0x40, 0x800, 0x4000):
    if ring < 0:
        params = (ctypes.c_uint32 * 30)(0, 0, flags)
        ring = libc.syscall(425, 32, params)
print("ESCAPED", ring) if ring >= 0 else print("held")
