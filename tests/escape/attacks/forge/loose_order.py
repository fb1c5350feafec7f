# Prints the right words in another order where order counts.
n = int(input())
print(n + 1, n)
