# Values nested in every kind of container, to the reader's limit and beyond, thousands of them.
def solve(a, b):
    value = frozenset([1])
    for _ in range(60):
        value = (frozenset([value]),)
    return [value] * 3000 + [{(value,): value}] * 3000
