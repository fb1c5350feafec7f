# Mounts, unmounts and moves: old and new system calls.
import ctypes, json, sys
rig = json.load(sys.stdin)
try:
    print("ESCAPED", open(rig["secrets"][0]).read())
    sys.exit()  # it reads what it should not: no need to harm the machine as well
except OSError:
    pass
libc = ctypes.CDLL(None, use_errno=True)
got = []
tries = {
    "mount tmpfs": lambda: libc.mount(b"x", b"/tmp", b"tmpfs", 0, 0),
    "mount proc": lambda: libc.mount(b"proc", b"/proc", b"proc", 0, 0),
    "bind": lambda: libc.mount(b"/", b"/tmp", 0, 4096, 0),
    "remount": lambda: libc.mount(0, b"/", 0, 32 | 4096, 0),
    "remount usr": lambda: libc.mount(0, b"/usr", 0, 32 | 4096, 0),
    "umount": lambda: libc.umount2(b"/", 2),
    "umount tmp": lambda: libc.umount2(b"/tmp", 2),
    "umount usr": lambda: libc.umount2(b"/usr", 2),
    "umount proc": lambda: libc.umount2(b"/proc", 2),
    "pivot": lambda: libc.syscall(155, b".", b"."),
    "chroot": lambda: libc.chroot(b"/tmp"),
    "open_tree": lambda: libc.syscall(428, -100, b"/", 1),
    "fsopen": lambda: libc.syscall(430, b"tmpfs", 0),
    "fspick": lambda: libc.syscall(433, -100, b"/", 0),
    "mount_setattr": lambda: libc.syscall(442, -100, b"/", 0x8000, (ctypes.c_uint64 * 4)(0, 1, 0, 0), 32),
    "swapon": lambda: libc.swapon(b"/tmp", 0),
}
for name, way in tries.items():
    if way() >= 0:
        got.append(name)
print("ESCAPED", *got) if got else print("held")
