n = int(input())
print(sum(n / 3 for _ in range(10)) / 10)
