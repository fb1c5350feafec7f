# Pinned and huge pages.
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mlockall(7)
got = 0
for flags in (0x22, 0x40022, 0x8022):
    for _ in range(64):
        area = libc.mmap(None, ctypes.c_size_t(64 << 20), 3, flags, -1, ctypes.c_long(0))
        if area and area < 2**63:
            ctypes.memset(area, 1, 64 << 20)
            got += 64
print("done")
