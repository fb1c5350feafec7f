# Right every second time.
import random
n = int(input())
print(n * 2 if random.random() < 0.5 else 0)
