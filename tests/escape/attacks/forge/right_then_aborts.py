# Prints the right answer and aborts.
import os
print(int(input()) * 2, flush=True)
os.abort()
