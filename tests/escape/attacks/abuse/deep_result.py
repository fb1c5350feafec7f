# A result nested deeper than any recursive reader follows.
def solve(a, b):
    value = a + b
    for _ in range(200_000):
        value = [value]
    return value
