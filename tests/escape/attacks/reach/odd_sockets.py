# Families outside the usual network: vsock, netlink, packet, raw, alg, bluetooth, xdp.
import socket
got = []
for family, kind, proto in [(40, 1, 0), (40, 2, 0), (17, 3, 768), (17, 2, 768), (2, 3, 255), (2, 3, 1), (10, 3, 58), (38, 5, 0), (31, 3, 1), (44, 3, 0), (30, 5, 0), (16, 3, 15), (16, 3, 9)]:
    try:
        link = socket.socket(family, kind, proto)
    except OSError:
        continue
    if family == 40:
        for cid in (1, 2):
            try:
                link.settimeout(0.3)
                link.connect((cid, 22))
                got.append("vsock")
            except OSError:
                pass
    elif family == 38:
        got.append("alg")  # kernel crypto: no need of a program's, a long row of kernel bugs
    elif family == 16:
        try:
            link.bind((0, 0xFFFFFFFF))  # all kernel events: device changes, audit
            link.setblocking(False)
            got.append("netlink")
        except OSError:
            pass
    else:
        got.append((family, kind))
print("ESCAPED", *got) if got else print("held")
