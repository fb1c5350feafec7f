import os
data = b""
while True:
    part = os.read(0, 4)
    if not part:
        break
    data += part
os.write(1, str(int(data) * 2).encode() + b"\n")
