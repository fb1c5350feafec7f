# Fills the disk below a directory that may be written and not listed.
import os
import time
total = 0
try:
    os.mkdir("hidden", 0o300)
    os.chdir("hidden")
    for number in range(100):
        with open(f"f{number}", "wb") as file:
            total += file.write(bytes(1 << 20))
except OSError:
    pass
if total > 64 << 20:
    time.sleep(1)  # longer than from one look of a watcher to the next
print("ESCAPED" if total > 64 << 20 else "held")
