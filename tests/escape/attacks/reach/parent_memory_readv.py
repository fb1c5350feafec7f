# Reads other processes' memory by process_vm_readv, at its own addresses: a fork shares its parent's layout.
import ctypes, json, os, sys
rig = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
got = []
class Vec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]
buffer = ctypes.create_string_buffer(4096)
local = Vec(ctypes.addressof(buffer), 4096)
remote = Vec(id(sys.modules) & ~4095, 4096)
for pid in {*range(1, 40), os.getppid(), *rig["pids"]} - {os.getpid(), 0}:
    if libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0) > 0:
        got.append(pid)
    if libc.process_vm_writev(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0) > 0:
        got.append(-pid)
print("ESCAPED", *got) if got else print("held")
