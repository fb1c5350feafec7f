import sys
sys.setrecursionlimit(10**6)
def depth(k):
    return 0 if k == 0 else 1 + depth(k - 1)
n = int(input())
print(n * 2 + depth(50_000) - 50_000)
