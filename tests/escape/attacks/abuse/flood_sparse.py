# Makes its output long without writing it: seek, truncate, allocate.
import os
for way in (lambda: os.lseek(1, 1 << 40, 0) and os.write(1, b"x"), lambda: os.ftruncate(1, 1 << 33), lambda: os.posix_fallocate(1, 0, 1 << 33), lambda: os.pwrite(1, b"x", 1 << 33)):
    try:
        way()
    except OSError:
        pass
print("end")
