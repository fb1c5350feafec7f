import os, subprocess
try:
    os.system("")
    subprocess.run(["clear"])
except OSError:
    pass
print(int(input()) * 2)
