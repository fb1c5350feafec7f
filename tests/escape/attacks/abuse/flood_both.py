# Both streams, by raw writes that ignore every error.
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
data = b"y" * 1_000_000
while True:
    for fd in (1, 2):
        try:
            os.write(fd, data)
        except OSError:
            pass
