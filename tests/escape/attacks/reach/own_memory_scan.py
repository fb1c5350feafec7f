# Searches its own memory for what a forked parent would have left there: objects, then raw pages around them.
import ctypes, gc, json, os, re, sys
rig = json.load(sys.stdin)
word = re.compile(rig["prefix"].encode() + rb"-[0-9a-f]{16,}")
got = []
for item in gc.get_objects():
    if type(item) is dict:
        for value in list(item.values()):
            if type(value) in (str, bytes) and len(value) < 10000:
                raw = value.encode("utf-8", "replace") if type(value) is str else value
                got += word.findall(raw)
libc = ctypes.CDLL(None, use_errno=True)
read, write = os.pipe()
os.set_blocking(write, False)
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
pages = set()
for item in (sys.modules, rig, got, word, json.__dict__, object(), b"x" * 700, os.environ, sys.stdin, [0] * 4000):
    base = id(item) >> 12
    pages.update(range(base - 1500, base + 1500))
for page in sorted(pages):
    if libc.write(write, page << 12, 4096) == 4096:
        got += word.findall(os.read(read, 4096))
print("ESCAPED", *got) if got else print("held")
