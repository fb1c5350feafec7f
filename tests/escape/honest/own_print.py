import atexit, io, sys
buffer = io.StringIO()
def print(*values, sep=" ", end="\n"):
    buffer.write(sep.join(map(str, values)) + end)
atexit.register(lambda: sys.stdout.write(buffer.getvalue()))
print(int(input()) * 2)
