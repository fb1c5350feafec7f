memo = {}
total = 0
def add(a, b):
    global total
    total += 1
    memo[a, b] = a + b
    return memo[a, b]
def solve(a, b, seen=[]):
    seen.append(a)
    return add(a, b)
