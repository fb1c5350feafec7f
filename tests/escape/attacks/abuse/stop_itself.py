# Stops itself: neither running nor ended.
import os, signal
print("held", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
signal.raise_signal(signal.SIGSTOP)
while True:
    signal.pause()
