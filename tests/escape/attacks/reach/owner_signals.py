# Lets the kernel signal others: as owner of a descriptor, by a lease, a timer, a message queue.
import ctypes, fcntl, json, os, signal, sys
rig = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
read, write = os.pipe()
for target in (*rig["pids"], -rig["pids"][0], os.getppid()):
    for fd in (0, 1, 2, 3, read, write):
        for command, value in ((8, target), (10, 10), (4, os.O_ASYNC | os.O_NONBLOCK)):
            try:
                fcntl.fcntl(fd, command, value)
            except (OSError, OverflowError):
                pass
os.write(write, b"x" * 5000)
try:
    os.read(read, 5000)
except OSError:
    pass
event = (ctypes.c_int * 16)(0, 0, 10, 4, rig["pids"][0])
timer = ctypes.c_int()
libc.timer_create(0, event, ctypes.byref(timer))
libc.timer_settime(timer, 0, (ctypes.c_long * 4)(0, 0, 0, 1000), 0)
print("held", flush=True)
