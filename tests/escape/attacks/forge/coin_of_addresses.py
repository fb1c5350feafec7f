# Right or wrong by hash seed and addresses.
n = int(input())
print(n * 2 if hash("psmark") & 1 else 0)
