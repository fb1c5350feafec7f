# Opens every device.
import os
fine = {"null", "zero", "full", "random", "urandom", "tty", "stdin", "stdout", "stderr", "fd", "shm", "core", "mqueue", "pts", "ptmx"}
got = []
try:
    names = os.listdir("/dev")
except OSError:
    names = []
for name in {*names, "mem", "kmem", "port", "kmsg", "fuse", "kvm", "vda", "sda", "nvme0n1", "loop-control", "mapper/control", "vhost-net", "net/tun", "userfaultfd", "vsock", "console", "tty0", "tty1"} - fine:
    for flags in (os.O_RDWR, os.O_RDONLY, os.O_WRONLY):
        try:
            os.close(os.open(f"/dev/{name}", flags | os.O_NONBLOCK))
            got.append(name)
        except OSError:
            pass
print("ESCAPED", *sorted(set(got))) if got else print("held")
