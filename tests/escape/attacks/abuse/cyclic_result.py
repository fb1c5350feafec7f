# A result that contains itself.
def solve(a, b):
    value = [a + b]
    value.append(value)
    table = {1: value}
    value.append(table)
    return value
