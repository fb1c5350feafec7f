# Connects to a listener of the parent on the loopback addresses, every spelling, blocking and not.
import json, socket, sys
rig = json.load(sys.stdin)
got = []
for host, port in [("127.0.0.1", rig["tcp"]), ("localhost", rig["tcp"]), ("0.0.0.0", rig["tcp"]), ("127.1.2.3", rig["tcp"]), ("::1", rig["tcp6"]), ("::ffff:127.0.0.1", rig["tcp"])]:
    try:
        with socket.create_connection((host, port), 1) as link:
            link.sendall(b"reached")
            got.append((host, port))
    except OSError:
        pass
try:
    with socket.socket() as link:
        link.setblocking(False)
        if link.connect_ex(("127.0.0.1", rig["tcp"])) == 0:
            got.append("connect_ex")
except OSError:
    pass
print("ESCAPED", *got) if got else print("held")
