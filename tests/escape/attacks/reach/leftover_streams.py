# Leaves its input, output and report in a state that the next program would meet: flags, offsets, locks, sizes.
import fcntl, json, os, sys
data = os.read(0, 100_000)
rig = json.loads(data)
got = []
if rig["turn"] == 1:
    os.write(1, b"held\n")
    for fd in range(0, 10):
        for way in (
            lambda: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
            lambda: fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
            lambda: fcntl.fcntl(fd, 1033, 15),
            lambda: fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND | os.O_NONBLOCK | 0o40000),
            lambda: fcntl.fcntl(fd, 1036, (5).to_bytes(8, "little")),
            lambda: os.set_inheritable(fd, True),
        ):
            try:
                way()
            except (OSError, ValueError):
                pass
    try:
        os.pwrite(0, b"psmark" * 1000, 100_000)
        os.pwrite(3, b"psmark" * 1000, 200_000)
    except OSError:
        pass
    os._exit(0)
for fd in range(0, 4):
    try:
        flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        if flags & (os.O_APPEND | os.O_NONBLOCK):
            got.append((fd, flags))
        if b"psmark" * 10 in os.pread(fd, 1_000_000, 0).replace(rig["mark"].encode() + b'"', b""):
            got.append((fd, "data"))
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
