# A dictionary that grows.
table = {}
i = 0
while True:
    table[i] = str(i) * 20
    i += 1
