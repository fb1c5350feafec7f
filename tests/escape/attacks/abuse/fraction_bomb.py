# A fraction whose comparison needs numbers of a million digits.
from fractions import Fraction
def half(n):
    return Fraction(3**2_000_000 + 1, 3**2_000_000 * 2 + 1)
def solve(a, b):
    return Fraction(1 << 20_000_000, 3)
