# Numbers of few letters that grow when they are compared: decimals and fractions with huge exponents.
from decimal import Decimal
from fractions import Fraction
def solve(a, b):
    return Decimal("1e999999999999999999")
def half(n):
    return Decimal("1e-999999999999999999")
