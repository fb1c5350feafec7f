"""Interpreter of the seccomp filter's classic BPF, to ask what the kernel would say of a call."""

import struct


def verdict(code, number, arch, arguments=(0,) * 6):
    """Return value of the filter ``code`` for a system call. Raises on anything that the kernel would refuse to load."""
    data = struct.pack("<iIQ6Q", number if number < 1 << 31 else number - (1 << 32), arch, 0, *arguments)
    program = list(struct.iter_unpack("<HBBI", code))
    assert len(program) <= 4096
    at = accumulator = 0
    while True:
        operation, true, false, k = program[at]
        at += 1
        match operation:
            case 0x20:
                assert k % 4 == 0
                (accumulator,) = struct.unpack_from("<I", data, k)
            case 0x05:
                at += k
            case 0x15:
                at += true if accumulator == k else false
            case 0x35:
                at += true if accumulator >= k else false
            case 0x45:
                at += true if accumulator & k else false
            case 0x54:
                accumulator &= k
            case 0x06:
                return k
            case _:
                raise AssertionError(f"operation {operation:#x}")
