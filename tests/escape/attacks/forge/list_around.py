# The right number in a list.
def solve(a, b):
    return [a + b]
