# Sends datagrams to the parent's port; only the parent can tell whether they arrived.
import json, socket, sys
rig = json.load(sys.stdin)
for host in ("127.0.0.1", "0.0.0.0", "255.255.255.255"):
    for proto in (0, 136):
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, proto) as link:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                link.sendto(b"reached", (host, rig["udp"]))
        except OSError:
            pass
print("held")
