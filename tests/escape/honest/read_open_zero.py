data = open(0).read().split()
print(int(data[0]) * 2)
