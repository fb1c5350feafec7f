import sys
sys.stdout = open(1, "w", closefd=False)
print(int(input()) * 2)
