n = int(input())
try:
    big = bytearray(1 << 40)
except MemoryError:
    big = b""
print(n * 2 + len(big))
