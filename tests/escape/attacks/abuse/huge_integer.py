# An integer of ten million digits: short to make, slow to write and to read in decimal.
def solve(a, b):
    return 1 << 33_000_000
