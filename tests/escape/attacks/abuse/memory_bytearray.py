# Memory by one large zeroed block, then touched.
data = bytearray(8_000_000_000)
for i in range(0, len(data), 4096):
    data[i] = 1
print(len(data))
