# Leaves with values that are no exit status.
import sys
class Odd:
    def __str__(self):
        raise RuntimeError("no")
n = int(input())
sys.exit({3: 10**40, 10: "text " * 100000, 21: Odd(), 0: -1}.get(n, b"\xff"))
