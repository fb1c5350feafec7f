# Lists network interfaces: its own name space has the loopback at most.
import socket
try:
    names = {name for _, name in socket.if_nameindex()} - {"lo"}
except OSError:
    names = set()
# the usual virtual devices that every fresh name space is born with carry nothing
names -= {"sit0", "tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "ip6tnl0", "ip6gre0"}
print("ESCAPED", *names) if names else print("held")
