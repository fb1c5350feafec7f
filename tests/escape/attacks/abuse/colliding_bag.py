# A list of numbers of one hash, where lists are compared by counting their members.
def pair(n):
    return [i * (2**61 - 1) for i in range(120_000)]
