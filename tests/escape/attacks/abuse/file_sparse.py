# A file of a terabyte that holds nothing, and one that is allocated at once.
import os
got = 0
for number, way in enumerate((lambda f: os.ftruncate(f, 1 << 40), lambda f: os.posix_fallocate(f, 0, 1 << 34), lambda f: os.pwrite(f, b"x", 1 << 40))):
    try:
        way(os.open(f"s{number}", os.O_CREAT | os.O_RDWR))
        got += 1
    except OSError:
        pass
print("ESCAPED" if got else "held")
