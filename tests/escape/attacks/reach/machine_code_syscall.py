# The same 64-bit calls from machine code, out of the C library's sight: fork, socket, execve, kill.
import ctypes, json, mmap, sys
rig = json.load(sys.stdin)
page = mmap.mmap(-1, 4096, prot=7)
# mov rax,rdi; mov rdi,rsi; mov rsi,rdx; mov rdx,rcx; syscall; ret
page.write(b"\x48\x89\xf8\x48\x89\xf7\x48\x89\xd6\x48\x89\xca\x0f\x05\xc3")
call = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long, ctypes.c_long, ctypes.c_long, ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
got = []
if call(39, 0, 0, 0) <= 0:
    got.append("broken")
if call(41, 2, 1, 0) >= 0 and call(41, 16, 3, 0) >= 0:
    got.append("socket")
pid = call(57, 0, 0, 0)
if pid == 0:
    call(231, 0, 0, 0)
if pid > 0:
    got.append("fork")
for target in rig["pids"]:
    if call(62, target, 10, 0) == 0:
        got.append("kill")
print("ESCAPED", *got) if got else print("held")
