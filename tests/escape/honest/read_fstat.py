import io, os, sys
data = os.read(0, os.fstat(0).st_size)
stream = io.BytesIO(data)
input = lambda: stream.readline().decode()
print(int(input()) * 2)
