# Opens descriptors until none is left, then goes on.
import os
count = 0
try:
    while count < 1_000_000:
        os.dup(0)
        count += 1
except OSError:
    pass
print("ESCAPED" if count > 4096 else "held")
