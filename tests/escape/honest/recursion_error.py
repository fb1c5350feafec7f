def solve(a, b):
    try:
        return solve(a, b)
    except RecursionError:
        return a + b
