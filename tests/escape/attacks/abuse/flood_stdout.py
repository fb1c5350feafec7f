# Endless standard output.
line = "x" * 65536
while True:
    print(line)
