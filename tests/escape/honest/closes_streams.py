import os, sys
n = int(sys.stdin.read())
sys.stdin.close()
print(n * 2)
sys.stdout.flush()
sys.stderr.close()
os.close(0)
