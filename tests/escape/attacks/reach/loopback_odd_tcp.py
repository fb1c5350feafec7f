# Reaches the listener by TCP fast open, multipath TCP and SCTP, which a filter on connect() may not see.
import json, socket, sys
rig = json.load(sys.stdin)
got = []
for family, host in ((socket.AF_INET, ("127.0.0.1", rig["tcp"])), (socket.AF_INET6, ("::1", rig["tcp6"]))):
    for proto in (0, 6, 262, 132):
        for way in ("connect", "fastopen"):
            try:
                with socket.socket(family, socket.SOCK_STREAM, proto) as link:
                    link.settimeout(0.5)
                    if way == "connect":
                        link.connect(host)
                        link.sendall(b"reached")
                    else:
                        link.sendto(b"reached", 0x20000000, host)
                    got.append((way, proto))
            except OSError:
                pass
print("ESCAPED", *got) if got else print("held")
