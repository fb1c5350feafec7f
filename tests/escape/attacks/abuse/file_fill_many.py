# Fills every writable place with many files, and goes on after each error.
import os
data = b"x" * (1 << 20)
count = 0
while count < 100_000:
    for place in (".", "/tmp", "/dev/shm", "/var/tmp"):
        try:
            with open(f"{place}/psmark-{count}", "wb") as file:
                file.write(data)
        except OSError:
            pass
        count += 1
