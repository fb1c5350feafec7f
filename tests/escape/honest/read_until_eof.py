import sys
total = 0
try:
    while True:
        total += int(input()) * 2
except EOFError:
    pass
print(total)
