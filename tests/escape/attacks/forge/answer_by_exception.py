# Raises the right answer.
def solve(a, b):
    raise ValueError(a + b)
