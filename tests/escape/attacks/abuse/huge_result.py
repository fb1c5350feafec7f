# A result of a hundred megabytes.
def solve(a, b):
    return "x" * 100_000_000
