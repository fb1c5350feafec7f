# Fetches from the parent's port and from outside with the standard library's clients.
import json, sys
rig = json.load(sys.stdin)
got = []
try:
    import urllib.request
    got.append(urllib.request.urlopen(f"http://127.0.0.1:{rig['tcp']}/", timeout=1).read())
except Exception:
    pass
try:
    import socket
    got.append(socket.getaddrinfo("example.com", 80))
except Exception:
    pass
try:
    import asyncio
    async def reach():
        _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", rig["tcp"]), 1)
        writer.write(b"reached")
        got.append("asyncio")
    asyncio.run(reach())
except Exception:
    pass
print("ESCAPED", *got) if got else print("held")
