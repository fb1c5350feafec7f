# Touches pages of files that were only declared long: streams and scratch files, mapped and shared.
import mmap, os
total = 0
fds = [1, 2, 3]
for number in range(40):
    try:
        fds.append(os.open(f"m{number}", os.O_CREAT | os.O_RDWR))
    except OSError:
        break
for fd in fds:
    for size in (1 << 30, 16 << 20, 4 << 20, 1 << 20):
        try:
            os.ftruncate(fd, size)
            with mmap.mmap(fd, size) as area:
                for i in range(0, size, 4096):
                    area[i] = 1
            total += size
            break
        except (OSError, ValueError):
            pass
print("ESCAPED" if total > 400 << 20 else "done")
