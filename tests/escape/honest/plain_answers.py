def is_prime(n):
    return n > 1 and all(n % k for k in range(2, int(n**0.5) + 1))
def upper(text):
    return text.upper()
def pair(n):
    return [n, n + 1]
def add(a, b=0):
    return a + b
