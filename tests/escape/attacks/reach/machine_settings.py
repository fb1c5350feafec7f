# Clock, host name, kernel parameters, limits of the parent.
import ctypes, json, os, resource, sys, time
rig = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
try:
    print("ESCAPED", open(rig["secrets"][0]).read())
    sys.exit()  # it reads what it should not: no need to harm the machine as well
except OSError:
    pass
got = []
tries = {
    "clock_settime": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
    "settimeofday": lambda: libc.settimeofday((ctypes.c_long * 2)(int(time.time()), 0), 0) == 0 or 1 / 0,
    "adjtimex": lambda: libc.adjtimex((ctypes.c_uint * 64)(0x4001, 0, 0, 0)) >= 0 or 1 / 0,
    "sethostname": lambda: libc.sethostname(os.uname().nodename.encode(), len(os.uname().nodename)) == 0 or 1 / 0,
    "setdomainname": lambda: libc.setdomainname(b"(none)", 6) == 0 or 1 / 0,
    "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY,) * 2),
    "raise memory": lambda: resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2),
    "raise file size": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2),
    "nice": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), -20),
}
for name, way in tries.items():
    try:
        way()
        got.append(name)
    except (OSError, ValueError, ZeroDivisionError):
        pass
for path, text in {"/proc/sys/kernel/core_pattern": "core", "/proc/sysrq-trigger": "h", "/proc/sys/kernel/hostname": os.uname().nodename, "/proc/sys/vm/drop_caches": "1",
                   "/sys/kernel/uevent_helper": "", "/sys/fs/cgroup/cgroup.procs": "0", "/proc/sys/vm/overcommit_memory": "0"}.items():
    try:
        with open(path, "w") as file:
            file.write(text)
        got.append(path)
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
