# Keys in the session or user keyring outlive the program: plants one, and looks for it in the next run.
import ctypes, json, sys
rig = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
got = []
for ring in (-1, -2, -3, -4, -5, -6):
    if rig["turn"] == 1:
        libc.syscall(248, b"user", b"psmark-key", b"planted", 7, ring)
        libc.syscall(250, 5, ring, 0x3F3F3F3F)
    elif libc.syscall(250, 10, ring, b"user", b"psmark-key", 0) > 0:
        got.append(ring)
if rig["turn"] == 2 and libc.syscall(249, b"user", b"psmark-key", 0, 0) > 0:
    got.append("request_key")
print("ESCAPED", *got) if got else print("held")
