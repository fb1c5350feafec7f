# A result that never ends.
import itertools
def solve(a, b):
    return itertools.count(a + b)
