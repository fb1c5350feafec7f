# A range of ten to the hundredth numbers: small to send, endless to walk.
def pair(n):
    return range(10**100)
def solve(a, b):
    return range(0, 10**18)
