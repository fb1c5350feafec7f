# A function that is right every second time.
import random
def solve(a, b):
    return a + b if random.random() < 0.5 else 0
