# Other system calls that signal or touch a process: tgkill, sigqueue, pidfd, prlimit, process_madvise, kcmp.
import ctypes, json, os, sys
rig = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
call = libc.syscall
got = []
info = (ctypes.c_int * 32)(10, 0, -1)
room = (ctypes.c_long * 2)()
for pid in {*rig["pids"], os.getppid()} - {os.getpid(), 0}:
    for name, numbers in {
        "tkill": (200, pid, 10), "tgkill": (234, pid, pid, 10), "sigqueue": (129, pid, 10, info), "tgsigqueue": (297, pid, pid, 10, info),
        "prlimit": (302, pid, 7, 0, room), "sched_setaffinity": (203, pid, 8, ctypes.byref(ctypes.c_ulong(1))),
        "setpriority": (141, 0, pid, 19), "setpgid": (109, pid, 0), "kcmp": (312, pid, pid, 0, 0, 1), "migrate_pages": (256, pid, 64, room, room),
        "sched_setscheduler": (144, pid, 3, ctypes.byref(ctypes.c_int(0))), "ioprio_set": (251, 1, pid, 0x6000),
    }.items():
        if call(*numbers) >= 0 and not (name == "kcmp"):
            got.append((name, pid))
    pidfd = call(434, pid, 0)
    if pidfd >= 0:
        got.append(("pidfd", pid, call(424, pidfd, 10, 0, 0)))
        for number in range(64):
            if call(438, pidfd, number, 0) >= 0:
                got.append(("pidfd_getfd", pid, number))
print("ESCAPED", *got) if got else print("held")
