with open("/dev/stdin") as file:
    n = int(file.read())
print(n * 2)
