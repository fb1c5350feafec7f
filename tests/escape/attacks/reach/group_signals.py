# Signals its process group and its session by every call there is, by number nought and by name.
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
for target in (0, -os.getpgid(0) if os.getpgid(0) else 0, -os.getsid(0) if os.getsid(0) else 0):
    libc.kill(target, 10)
libc.killpg(0, 10)
libc.syscall(129, 0, 10, (ctypes.c_int * 32)(10, 0, -1))
print("held", flush=True)
