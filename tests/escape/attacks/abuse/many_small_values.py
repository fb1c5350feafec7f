# Four million small values.
def solve(a, b):
    return [[]] * 4_000_000
