# Makes new name spaces, where it would be root, and joins others'.
import ctypes, json, os, sys
rig = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
got = []
for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x08000000, 0x04000000, 0x02000000, 0x80, 0x10020000):
    if libc.unshare(flag) == 0:
        got.append(("unshare", hex(flag)))
for pid in ("1", str(os.getppid()), *map(str, rig["pids"])):
    for name in ("user", "mnt", "net", "pid", "ipc", "uts", "cgroup"):
        try:
            fd = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY)
        except OSError:
            continue
        if libc.setns(fd, 0) == 0:
            got.append(("setns", pid, name))
    pidfd = libc.syscall(434, int(pid), 0)
    if pidfd >= 0 and libc.setns(pidfd, 0x20000) == 0:
        got.append(("setns pidfd", pid))
print("ESCAPED", *got) if got else print("held")
