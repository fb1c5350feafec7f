from collections import namedtuple
from typing import NamedTuple
Pair = namedtuple("Pair", "first second")
def pair(n):
    return Pair(n, n + 1)
