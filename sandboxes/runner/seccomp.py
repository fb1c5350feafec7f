"""System calls that a sandboxed program may make, as a seccomp filter (classic BPF) built by hand.

An allow list: whatever is not named is refused, which covers sockets, other processes, namespaces, tracing, keys,
io_uring, kernel memory, and every call that later kernels add. Calls of another ABI (i386, x32) kill the process.
"""

import ctypes
import struct
from collections.abc import Mapping, Sequence

from sandboxes.runner import syscalls

# name:number on x86_64:number on aarch64
_ALLOWED = """
read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 preadv:295:69 pwritev:296:70
preadv2:327:286 pwritev2:328:287 lseek:8:62 close:3:57 close_range:436:436 open:2:- openat:257:56 creat:85:-
stat:4:- fstat:5:80 lstat:6:- newfstatat:262:79 statx:332:291 access:21:- faccessat:269:48 faccessat2:439:439
readlink:89:- readlinkat:267:78 getcwd:79:17 chdir:80:49 fchdir:81:50 getdents:78:- getdents64:217:61
rename:82:- renameat:264:38 renameat2:316:276 mkdir:83:- mkdirat:258:34 rmdir:84:- unlink:87:- unlinkat:263:35
link:86:- linkat:265:37 symlink:88:- symlinkat:266:36 truncate:76:45 ftruncate:77:46 fallocate:285:47
fsync:74:82 fdatasync:75:83 sync_file_range:277:84 fadvise64:221:223 flock:73:32 statfs:137:43 fstatfs:138:44
umask:95:166 sendfile:40:71 dup:32:23 dup2:33:- dup3:292:24 pipe:22:- pipe2:293:59 poll:7:- ppoll:271:73
select:23:- pselect6:270:72 epoll_create:213:- epoll_create1:291:20 epoll_ctl:233:21 epoll_wait:232:-
epoll_pwait:281:22 eventfd:284:- eventfd2:290:19 timerfd_create:283:85 timerfd_settime:286:86
timerfd_gettime:287:87 mmap:9:222 munmap:11:215 mprotect:10:226 mremap:25:216 madvise:28:233 mincore:27:232
msync:26:227 brk:12:214 futex:202:98 set_robust_list:273:99 get_robust_list:274:100 set_tid_address:218:96
rseq:334:293 membarrier:324:283 arch_prctl:158:- sched_yield:24:124 gettid:186:178 getpid:39:172 getppid:110:173
getuid:102:174 geteuid:107:175 getgid:104:176 getegid:108:177 getresuid:118:148 getresgid:120:150
getgroups:115:158 getpgid:121:155 getpgrp:111:- getsid:124:156 uname:63:160 sysinfo:99:179 times:100:153
getrusage:98:165 getrlimit:97:163 setrlimit:160:164 getcpu:309:168 sched_getaffinity:204:123
sched_getparam:143:121 sched_getscheduler:145:120 getpriority:140:141 capget:125:90 clock_gettime:228:113
clock_getres:229:114 clock_nanosleep:230:115 nanosleep:35:101 gettimeofday:96:169 time:201:- alarm:37:-
setitimer:38:103 getitimer:36:102 timer_create:222:107 timer_settime:223:110 timer_gettime:224:108
timer_getoverrun:225:109 timer_delete:226:111 pause:34:- rt_sigaction:13:134 rt_sigprocmask:14:135
rt_sigreturn:15:139 rt_sigpending:127:136 rt_sigsuspend:130:133 rt_sigtimedwait:128:137 sigaltstack:131:132
restart_syscall:219:128 exit:60:93 exit_group:231:94 getrandom:318:278 recvfrom:45:207 sendto:44:206
shutdown:48:210
"""
_SPECIAL = """
chmod:90:- fchmod:91:52 fchmodat:268:53
clone:56:220 clone3:435:435 prctl:157:167 ioctl:16:29 fcntl:72:25 socketpair:53:199 prlimit64:302:261
kill:62:129 tkill:200:130 tgkill:234:131 fork:57:- vfork:58:- execve:59:221 execveat:322:281 wait4:61:260
waitid:247:95 memfd_create:319:279 fstatfs:138:44
"""

_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COLUMN = {"x86_64": 1, "aarch64": 2}
_X32 = 0x40000000
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_LOAD, _JUMP, _EQUAL, _GREATER_EQUAL, _ANY_BIT, _AND, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x45, 0x54, 0x06
_ARGUMENT = 16  # offset of the first argument in struct seccomp_data, little endian

_THREAD, _NAMESPACES = 0x10000, 0x7E020000
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5451, 0x5450)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIOCLEX FIONCLEX
_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1032)  # dup, descriptor and status flags, record locks, pipe size
_PRCTLS = (3, 15, 16, 0x53564D41)  # get dumpable, name of a thread, name of a mapping
_EVERYONE = 0xFFFFFFFF  # process id -1
_NEWER = 424  # calls from here on are new enough for C libraries to expect that a kernel lacks them

Instruction = tuple[int, int, int, int]
_ALWAYS: list[Instruction] = [(_RETURN, 0, 0, ALLOW)]
_NEVER: list[Instruction] = [(_RETURN, 0, 0, EPERM)]
_UNKNOWN: list[Instruction] = [(_RETURN, 0, 0, ENOSYS)]
_SOCKETPAIR: list[Instruction] = [  # stream pairs, which event loops wake themselves with; a datagram pair could name
    (_LOAD, 0, 0, _ARGUMENT),  # other sockets
    (_EQUAL, 1, 0, 1),
    (_RETURN, 0, 0, EPERM),
    (_LOAD, 0, 0, _ARGUMENT + 8),
    (_AND, 0, 0, 0xF),
    (_EQUAL, 0, 1, 1),
    (_RETURN, 0, 0, ALLOW),
    (_RETURN, 0, 0, EPERM),
]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


class Filter:
    """A filter ready to be put on a process, at the price of one call."""

    def __init__(self, code: bytes) -> None:
        """``code``: what ``program`` gave."""
        self._arguments = syscalls.arguments(1, 0, _Program(len(code) // 8, code))

    def install(self) -> None:
        """Put it on this process for good. Needs no_new_privs."""
        syscalls.prepared(syscalls.SECCOMP, self._arguments)


def supported() -> bool:
    """Whether this machine's system call numbers are known."""
    return syscalls.MACHINE in _ARCH


def program(*, own_pids: bool, own_files: bool, processes: bool) -> bytes:
    """The filter. ``own_pids``: the child has its own process ids, so that signals reach nobody else;
    ``own_files``: whatever it may see was made for it, so that it may change modes; ``processes``: it may start
    processes and programs (languages other than Python).
    """
    special = _numbers(_SPECIAL)
    rules: dict[int, list[Instruction]] = dict.fromkeys(_numbers(_ALLOWED).values(), _ALWAYS)
    if own_pids:
        rules |= {special["kill"]: _signal(1), special["tkill"]: _signal(1), special["tgkill"]: _signal(2)}
    free: list[str] = []
    free += ["chmod", "fchmod", "fchmodat"] if own_files else []
    free += ["fork", "vfork", "execve", "wait4", "waitid"] if processes else []
    rules |= {special[name]: _ALWAYS for name in free if name in special}
    rules[special["ioctl"]] = _one_of(1, _IOCTLS)
    rules[special["fcntl"]] = _one_of(1, _FCNTLS)
    rules[special["prctl"]] = _one_of(0, _PRCTLS)
    rules[special["prlimit64"]] = _one_of(0, (0,))  # its own limits only
    rules[special["clone"]] = _clone(processes=processes)
    rules[special["socketpair"]] = _SOCKETPAIR
    code: list[Instruction] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _ARCH[syscalls.MACHINE]),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, 0),
        (_GREATER_EQUAL, 0, 1, _X32),
        (_RETURN, 0, 0, KILL),
        *_tree(_intervals(rules)),
    ]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def _intervals(rules: Mapping[int, list[Instruction]]) -> list[tuple[int, list[Instruction]]]:
    """First number of each run of calls with one rule."""
    runs: list[tuple[int, list[Instruction]]] = []
    for number in range(max(*rules, _NEWER) + 2):
        rule = rules.get(number, _UNKNOWN if number >= _NEWER else _NEVER)
        if not runs or runs[-1][1] is not rule:
            runs.append((number, rule))
    return runs


def _tree(runs: Sequence[tuple[int, list[Instruction]]]) -> list[Instruction]:
    """Binary search: the kernel walks the filter for every call number when a program starts, so its depth is time."""
    if len(runs) == 1:
        return runs[0][1]
    middle = len(runs) // 2
    left, right = _tree(runs[:middle]), _tree(runs[middle:])
    first = runs[middle][0]
    if len(left) < 256:
        return [(_GREATER_EQUAL, len(left), 0, first), *left, *right]
    return [(_GREATER_EQUAL, 0, 1, first), (_JUMP, 0, 0, len(left)), *left, *right]


def _numbers(table: str) -> dict[str, int]:
    rows = (item.split(":") for item in table.split())
    column = _COLUMN[syscalls.MACHINE]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def _one_of(argument: int, values: tuple[int, ...]) -> list[Instruction]:
    """Allow a call when the low half of one argument is among ``values``."""
    body: list[Instruction] = [(_LOAD, 0, 0, _ARGUMENT + 8 * argument)]
    for value in values:
        body += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, ALLOW)]
    return [*body, (_RETURN, 0, 0, EPERM)]


def _signal(argument: int) -> list[Instruction]:
    """Signals to its own processes, not to all at once. The first of them is process 1 there, whom its own SIGKILL
    would not end.
    """
    return [
        (_LOAD, 0, 0, _ARGUMENT),
        (_EQUAL, 0, 1, _EVERYONE),
        (_RETURN, 0, 0, EPERM),
        (_LOAD, 0, 0, _ARGUMENT + 8 * argument),
        (_EQUAL, 0, 1, 9),
        (_RETURN, 0, 0, KILL),
        (_RETURN, 0, 0, ALLOW),
    ]


def _clone(*, processes: bool) -> list[Instruction]:
    """Threads, and processes where allowed, but no namespaces."""
    return [
        (_LOAD, 0, 0, _ARGUMENT),
        (_ANY_BIT, 0, 1, _NAMESPACES),
        (_RETURN, 0, 0, EPERM),
        (_ANY_BIT, 0, 1, _THREAD),
        (_RETURN, 0, 0, ALLOW),
        (_RETURN, 0, 0, ALLOW if processes else EPERM),
    ]
