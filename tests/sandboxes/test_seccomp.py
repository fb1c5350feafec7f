"""The filter as a pure function: what it says of every call number, for both machines and all options."""

import itertools
import struct

import pytest
from bpf import verdict

from sandboxes.runner import seccomp, syscalls
from sandboxes.runner.seccomp import ALLOW, ENOSYS, EPERM, KILL

ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
I386 = 0x40000003
OPTIONS = [
    dict(zip(("own_pids", "own_files", "processes"), bits, strict=True)) for bits in itertools.product((0, 1), repeat=3)
]
HIGHEST = 1000
# numbers by hand from the kernel's tables, not from ours
CALLS = {
    "x86_64": {
        "read": 0, "write": 1, "mmap": 9, "futex": 202, "exit_group": 231, "socket": 41, "connect": 42, "ptrace": 101,
        "setuid": 105, "mount": 165, "umount2": 166, "reboot": 169, "init_module": 175, "unshare": 272, "setns": 308,
        "keyctl": 250, "add_key": 248, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "seccomp": 317,
        "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "shmget": 29, "msgget": 68, "semget": 64,
        "mknod": 133, "mknodat": 259, "chroot": 161, "pivot_root": 155, "memfd_create": 319, "setsid": 112, "execve": 59,
        "execveat": 322, "fork": 57, "vfork": 58, "clone": 56, "kill": 62, "tgkill": 234, "tkill": 200, "chmod": 90,
        "fchmod": 91, "fchmodat": 268, "chown": 92, "wait4": 61, "waitid": 247, "sched_setaffinity": 203,
        "setpriority": 141, "prlimit64": 302, "ioctl": 16, "fcntl": 72, "prctl": 157, "socketpair": 53, "sendmsg": 46,
        "recvmsg": 47, "bind": 49, "open_by_handle_at": 304, "name_to_handle_at": 303, "modify_ldt": 154, "iopl": 172,
        "settimeofday": 164, "clock_settime": 227, "sethostname": 170, "personality": 135, "syslog": 103, "quotactl": 179,
        "rt_sigqueueinfo": 129, "setpgid": 109, "io_setup": 206, "fanotify_init": 300, "inotify_init1": 294,
    },
    "aarch64": {
        "read": 63, "write": 64, "mmap": 222, "futex": 98, "exit_group": 94, "socket": 198, "connect": 203, "ptrace": 117,
        "setuid": 146, "mount": 40, "umount2": 39, "reboot": 142, "init_module": 105, "unshare": 97, "setns": 268,
        "keyctl": 219, "add_key": 217, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "seccomp": 277,
        "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "shmget": 194, "msgget": 186, "semget": 190,
        "mknodat": 33, "chroot": 51, "pivot_root": 41, "memfd_create": 279, "setsid": 157, "execve": 221,
        "execveat": 281, "clone": 220, "kill": 129, "tgkill": 131, "tkill": 130, "fchmod": 52, "fchmodat": 53,
        "fchown": 55, "wait4": 260, "waitid": 95, "sched_setaffinity": 122, "setpriority": 140, "prlimit64": 261,
        "ioctl": 29, "fcntl": 25, "prctl": 167, "socketpair": 199, "sendmsg": 211, "recvmsg": 212, "bind": 200,
        "open_by_handle_at": 265, "name_to_handle_at": 264, "settimeofday": 170, "clock_settime": 112,
        "sethostname": 161, "personality": 92, "syslog": 116, "quotactl": 60, "rt_sigqueueinfo": 138, "setpgid": 154,
        "io_setup": 0, "fanotify_init": 262, "inotify_init1": 26,
    },
}  # fmt: skip
NEW = {"io_uring_setup": 425, "clone3": 435, "landlock_create_ruleset": 444, "mount_setattr": 442, "openat2": 437,
       "pidfd_open": 434, "pidfd_getfd": 438, "fchmodat2": 452, "memfd_secret": 447}  # fmt: skip
FREE = {
    "own_pids": {"kill", "tgkill", "tkill"},
    "own_files": {"chmod", "fchmod", "fchmodat"},
    "processes": {"fork", "vfork", "execve", "wait4", "waitid"},
}
ALWAYS = {"read", "write", "mmap", "futex", "exit_group"}
BY_ARGUMENT = {"clone", "ioctl", "fcntl", "prctl", "prlimit64", "socketpair"}


@pytest.fixture(params=ARCH)
def machine(request, monkeypatch):
    monkeypatch.setattr(syscalls, "MACHINE", request.param)
    return request.param


def says(code, number, machine, *arguments):
    return verdict(code, number, ARCH[machine], (*arguments, *(0,) * (6 - len(arguments))))


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "".join(str(b) for b in o.values()))
def test_calls_by_name(machine, options):
    code = seccomp.program(**options)
    allowed = ALWAYS.union(*(FREE[name] for name, on in options.items() if on))
    for name, number in CALLS[machine].items():
        if name not in BY_ARGUMENT:
            assert says(code, number, machine) == (ALLOW if name in allowed else EPERM), name
    for name, number in NEW.items():
        assert says(code, number, machine) == ENOSYS, name


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "".join(str(b) for b in o.values()))
def test_every_number(machine, options):
    """Allowed is what the table names; the rest is refused, without exception, up to any number."""
    code = seccomp.program(**options)
    column = {"x86_64": 1, "aarch64": 2}[machine]
    table = {int(row.split(":")[column]) for row in seccomp._ALLOWED.split() if row.split(":")[column] != "-"}
    free = {CALLS[machine].get(name) for option, on in options.items() if on for name in FREE[option]} - {None}
    special = {CALLS[machine][name] for name in BY_ARGUMENT}
    for number in [*range(HIGHEST), 0x3FFFFFFF]:
        if number in special:
            continue
        wanted = ALLOW if number in table | free else ENOSYS if number >= 424 else EPERM
        assert says(code, number, machine) == wanted, number


def test_other_abis_are_killed(machine):
    code = seccomp.program(own_pids=True, own_files=True, processes=True)
    others = [I386, 0, *(arch for name, arch in ARCH.items() if name != machine)]
    for arch, number in itertools.product(others, [0, 1, 3, 11, 59, 63, 220, 435]):
        assert verdict(code, number, arch) == KILL
    for number in (0x40000000, 0x40000001, 0x40000000 + 59, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        assert says(code, number, machine) == KILL  # x32, and negative numbers


THREAD = 0x3D0F00  # what the C library passes to start a thread
FORK = 17  # SIGCHLD
NAMESPACES = {"ns": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000}  # fmt: skip


@pytest.mark.parametrize("processes", [False, True])
def test_clone(machine, processes):
    code = seccomp.program(own_pids=True, own_files=True, processes=processes)
    number = CALLS[machine]["clone"]
    assert says(code, number, machine, THREAD) == ALLOW
    assert says(code, number, machine, FORK) == (ALLOW if processes else EPERM)
    assert says(code, number, machine, 0x4111) == (ALLOW if processes else EPERM)  # vfork and posix_spawn
    for flag in NAMESPACES.values():
        assert says(code, number, machine, flag | FORK) == EPERM
        assert says(code, number, machine, flag | THREAD) == EPERM


ARGUMENTS = [
    ("ioctl", 1, {0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451}, [0x5412, 0x541C, 0x8933, 0x401870C8, 0x40086602]),
    ("fcntl", 1, {0, 1, 2, 3, 4, 5, 6, 7, 1030, 1032}, [8, 10, 1024, 1026, 1031, 1033]),
    ("prctl", 0, {3, 15, 16, 0x53564D41}, [1, 4, 8, 22, 23, 24, 35, 36, 38, 39, 47, 0x59616D61]),
    ("prlimit64", 0, {0}, [1, 2, 1000, 0xFFFFFFFF]),
]


@pytest.mark.parametrize(("name", "argument", "fine", "bad"), ARGUMENTS, ids=[row[0] for row in ARGUMENTS])
def test_calls_by_argument(machine, name, argument, fine, bad):
    code = seccomp.program(own_pids=False, own_files=False, processes=False)
    number = CALLS[machine][name]
    for value in [*fine, *bad, *range(64)]:
        arguments = [7] * argument + [value]
        assert says(code, number, machine, *arguments) == (ALLOW if value in fine else EPERM), (name, value)


def test_socket_pairs_are_streams_between_ourselves(machine):
    code = seccomp.program(own_pids=False, own_files=False, processes=False)
    number = CALLS[machine]["socketpair"]
    nonblocking_cloexec = 0o2004000
    for family, kind in itertools.product(
        range(45), (*range(16), *(kind | nonblocking_cloexec for kind in range(1, 7)))
    ):
        stream = family == 1 and kind & 0xF == 1
        assert says(code, number, machine, family, kind, 0) == (ALLOW if stream else EPERM), (family, kind)


def test_the_kernel_would_take_it(machine):
    """Every jump stays inside, every path ends in a return, and the length fits."""
    for options in OPTIONS:
        program = list(struct.iter_unpack("<HBBI", seccomp.program(**options)))
        assert len(program) < 1000
        assert program[-1][0] == 0x06
        for at, (operation, true, false, k) in enumerate(program):
            steps = (true, false) if operation in (0x15, 0x35, 0x45) else (k,) if operation == 0x05 else ()
            assert all(at + 1 + step < len(program) for step in steps)


def test_an_unknown_machine_is_not_supported(monkeypatch):
    assert seccomp.supported() == (syscalls.MACHINE in ARCH)
    monkeypatch.setattr(syscalls, "MACHINE", "riscv64")
    assert not seccomp.supported()
