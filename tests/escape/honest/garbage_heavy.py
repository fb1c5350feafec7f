import gc
n = int(input())
class Node:
    pass
for _ in range(30):
    ring = [Node() for _ in range(1000)]
    for a, b in zip(ring, ring[1:]):
        a.next, b.before = b, a
gc.collect()
gc.disable()
print(n * 2)
