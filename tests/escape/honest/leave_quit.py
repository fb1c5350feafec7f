n = int(input())
if True:
    print(n * 2)
    quit(0)
print("never")
