# Looks for the parent's environment: its own copy, the C library's array, and what lies above it on the stack.
import ctypes, json, os, sys
rig = json.load(sys.stdin)
got = [f"{k}={v}" for k, v in os.environ.items() if rig["prefix"] in v]
libc = ctypes.CDLL(None)
array = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
index = 0
while array and array[index]:
    if rig["prefix"].encode() in array[index]:
        got.append(array[index])
    index += 1
for name in ("/proc/self/environ", "/proc/thread-self/environ", "/proc/1/environ", f"/proc/{os.getppid()}/environ"):
    try:
        data = open(name, "rb").read()
        if rig["prefix"].encode() in data:
            got.append(data)
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
