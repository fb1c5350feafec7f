# Memory by a growing list.
items = []
while True:
    items.append([0] * 100_000)
