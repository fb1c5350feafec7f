# Uses every descriptor it was born with: reads, climbs from directories, receives descriptors, writes.
import array, json, os, socket, stat, sys
rig = json.load(sys.stdin)
got = []
for fd in range(3, 1024):
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        continue
    if stat.S_ISDIR(mode):
        for path in rig["secrets"]:
            try:
                got.append(os.read(os.open("../" * 20 + path.lstrip("/"), os.O_RDONLY, dir_fd=fd), 100))
            except OSError:
                pass
    elif stat.S_ISSOCK(mode):
        try:
            link = socket.socket(fileno=os.dup(fd))
            link.setblocking(False)
            link.send(b"\0" * 64)
            got.append(("socket", link.recvmsg(100, socket.CMSG_SPACE(32))))
        except OSError:
            pass
    else:
        try:
            os.set_blocking(fd, False)
            data = os.pread(fd, 1_000_000, 0) if stat.S_ISREG(mode) else os.read(fd, 65536)
            if rig["prefix"].encode() + b"-" in data:
                got.append(data[:2000])
        except OSError:
            pass
print("ESCAPED", *got) if got else print("held")
