# A list of decimals with exponents of eighteen digits, counted by hash.
from decimal import Decimal
def pair(n):
    return [Decimal(f"{i}e99999999999999999{i % 10}") for i in range(1, 30)]
