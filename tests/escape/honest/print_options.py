import sys
n = int(input()) * 2
print("", end="", flush=True)
print(*str(n), sep="", end="", file=sys.stdout, flush=True)
