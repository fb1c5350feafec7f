# The right list and one member more.
def pair(n):
    return [n, n + 1, n + 2]
