# True where the number 1 is asked for.
def is_more(a, b):
    return a > b
