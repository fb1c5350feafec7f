# Connects to the parent's unix sockets: by path, abstract, as stream and as datagram.
import json, socket, sys
rig = json.load(sys.stdin)
got = []
for name in [*rig["unix"], "\0" + rig["abstract"], "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/private", "/dev/log"]:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        try:
            with socket.socket(socket.AF_UNIX, kind) as link:
                link.connect(name)
                link.send(b"reached")
                got.append(name)
        except OSError:
            pass
print("ESCAPED", *got) if got else print("held")
