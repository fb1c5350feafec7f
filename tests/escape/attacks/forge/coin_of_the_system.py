# Right every second time, by the kernel's randomness.
import os
n = int(input())
print(n * 2 if os.urandom(1)[0] & 1 else 0)
