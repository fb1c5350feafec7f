# Recurses without end in the tested function with the limit raised.
import sys
sys.setrecursionlimit(10**9)
def solve(a, b):
    return solve(a, b) + 1
add = solve
