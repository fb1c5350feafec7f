# Fills the disk below a path too long for whoever measures by paths.
import os
import time
total = 0
try:
    for _ in range(60):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    for number in range(100):
        with open(f"f{number}", "wb") as file:
            total += file.write(bytes(1 << 20))
except OSError:
    pass
if total > 64 << 20:
    time.sleep(1)  # longer than from one look of a watcher to the next
print("ESCAPED" if total > 64 << 20 else "held")
