# Kernel interfaces that no solution needs and that breaks were built on.
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
got = []
room = ctypes.create_string_buffer(256)
tries = {
    "userfaultfd": (323, 0), "userfaultfd user": (323, 1), "io_uring_setup": (425, 8, room), "bpf": (321, 0, room, 120),
    "perf_event_open": (298, room, 0, -1, -1, 0), "init_module": (175, room, 0, b""), "finit_module": (313, 0, b"", 0),
    "kexec_load": (246, 0, 0, 0, 0), "ioperm": (173, 0, 1, 1), "iopl": (172, 3), "acct": (163, 0), "syslog": (103, 3, room, 256),
    "fanotify_init": (300, 0, 0), "open_by_handle_at": (304, 3, room, 0),
    "reboot": (169, 0xFEE1DEAD, 672274793, 0, 0), "quotactl": (179, 0x800002 << 8, b"/", 0, room), "modify_ldt": (154, 1, room, 16),
    "landlock own": (444, 0, 0, 99), "pidfd_open 1": (434, 0, 0), "nfsservctl": (180, 0, 0, 0),
}
for name, numbers in tries.items():
    ctypes.memset(room, 0, 256)
    if libc.syscall(*numbers) >= 0:
        got.append(name)
print("ESCAPED", *got) if got else print("held")
