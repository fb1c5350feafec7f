from enum import IntEnum
Number = IntEnum("Number", {f"N{i}".replace("-", "M"): i for i in (3, 30, 0, 15)})
def solve(a, b):
    return Number(a + b)
