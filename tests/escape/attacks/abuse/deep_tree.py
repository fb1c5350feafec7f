# A directory tree so deep that its path is longer than any call takes, with odd names and modes.
import os
depth = 0
try:
    for depth in range(20_000):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
        if depth % 100 == 0:
            open(b"\xff\n'$(x) \xfe", "w").close()
            os.mkdir("locked", 0)
except OSError:
    pass
print("held")
