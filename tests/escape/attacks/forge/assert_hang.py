# Never comes back from the tested function.
def add(a, b):
    while True:
        pass
solve = add
