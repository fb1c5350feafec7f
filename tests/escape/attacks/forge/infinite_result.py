# Infinity, whose relative error may come out as not a number.
def half(n):
    return float("inf")
