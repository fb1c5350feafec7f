def order(items):
    items.sort()
    return items
def reverse(items):
    items.reverse()
def fill(table, key, value):
    table.setdefault(key, []).append(value)
