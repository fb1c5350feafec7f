# Fills the disk with files that have no name any more.
import os
kept = []
total = 0
try:
    while total < 4 << 30:
        fd = os.open("x", os.O_CREAT | os.O_RDWR)
        os.unlink("x")
        kept.append(fd)
        for _ in range(10):
            total += os.write(fd, bytes(1 << 20))
except OSError:
    pass
print("ESCAPED" if total > 400 << 20 else "held")
