# Reserves memory beyond the end of its own streams, where no size and no limit of files shows it.
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
for fd in (0, 1, 2, 3):
    for mode in (1, 0):
        libc.fallocate(fd, mode, 0, 600 << 20)
total = 0
for fd in (0, 1, 2, 3):
    try:
        total += os.fstat(fd).st_blocks * 512
    except OSError:
        pass
print("ESCAPED" if total > 300 << 20 else "held")
