# Memory in files that have no name and count for no process.
import os
fds = []
while True:
    try:
        fd = os.memfd_create("x")
        fds.append(fd)
        while True:
            os.write(fd, bytes(1 << 20))
    except OSError:
        if len(fds) > 5000:
            break
        if len(fds) > 60:
            fds.clear()
            break
print("done")
