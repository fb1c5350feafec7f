# Dies while it maps its output shared and writable, threads writing on: nothing of it may reach the next run.
import mmap, os, threading
os.write(1, b"held\n")
areas = []
for fd in (1, 2, 3):
    try:
        os.ftruncate(fd, max(os.fstat(fd).st_size, 5))
        areas.append(mmap.mmap(fd, 0))
    except (OSError, ValueError):
        pass
def scribble():
    while True:
        for area in areas[1:]:
            area[0:1] = b"X"
for _ in range(3):
    threading.Thread(target=scribble, daemon=True).start()
os._exit(0)
