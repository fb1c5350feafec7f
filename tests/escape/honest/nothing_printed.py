n = int(input())
if n < 0:
    print("negative")
