from decimal import Decimal, getcontext
from fractions import Fraction
import cmath, math, numbers, statistics
getcontext().prec = 60
n = Decimal(input())
value = Fraction(n) * 2 + Fraction(1, 3) - Fraction(2, 6)
assert statistics.mean([1, 3]) == 2 and math.isclose(abs(cmath.exp(1j)), 1)
print(int(value))
