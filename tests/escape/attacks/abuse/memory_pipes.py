# Kernel memory in pipe and socket buffers.
import fcntl, os, socket
kept = []
total = 0
try:
    for _ in range(100_000):
        read, write = os.pipe()
        kept += [read, write]
        fcntl.fcntl(write, 1031, 1 << 20)
        os.set_blocking(write, False)
        total += os.write(write, bytes(1 << 20))
except OSError:
    pass
try:
    for _ in range(100_000):
        kept.append(socket.socketpair())
        kept[-1][0].setblocking(False)
        while True:
            total += kept[-1][0].send(bytes(1 << 16))
except OSError:
    pass
print("ESCAPED" if total > 300 << 20 else "done")
