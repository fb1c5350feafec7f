# Changes the tests' own objects through its arguments.
def pair(n):
    return [n]
def order(items):
    items.clear()
    return items
