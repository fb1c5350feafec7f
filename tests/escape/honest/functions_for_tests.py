import math
import unittest
PI = 3.14159
def half(n):
    return n / 2
def add(a, b):
    if not isinstance(a, (int, float, str)):
        raise TypeError("numbers or text, please")
    return a + b
def is_prime(n):
    return n > 1 and all(n % k for k in range(2, math.isqrt(n) + 1))
def order(items):
    return sorted(items)
