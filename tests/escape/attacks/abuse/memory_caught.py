# Catches every MemoryError and goes on.
hoard = []
size = 1 << 28
while True:
    try:
        hoard.append(bytearray(size))
    except MemoryError:
        size = max(size // 2, 16)
