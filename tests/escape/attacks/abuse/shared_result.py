# A small result that unfolds to ten to the thirtieth values.
def solve(a, b):
    value = [a + b]
    for _ in range(30):
        value = [value] * 10
    return value
