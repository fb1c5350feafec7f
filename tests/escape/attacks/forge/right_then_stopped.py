# Prints the right answer and ends by a signal: no end of its own.
import os, signal
print(int(input()) * 2, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
os.abort()
