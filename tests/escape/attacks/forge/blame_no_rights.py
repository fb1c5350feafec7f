# Gives up what it can: dumpable flag, parent-death signal, name, alternate stack; blocks all signals.
import ctypes, signal
libc = ctypes.CDLL(None)
for numbers in ((1, 0), (4, 0), (15, b"psmark"), (36, 1), (26, 2), (29, 1), (22, 1)):
    libc.prctl(*numbers, 0, 0, 0)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
print("x", flush=True)
