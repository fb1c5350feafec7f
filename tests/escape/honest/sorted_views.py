def order(items):
    items[:] = sorted(items)
    return items
