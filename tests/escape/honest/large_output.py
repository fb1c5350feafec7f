import sys
n = int(input())
sys.stdout.write("\n".join(map(str, range(n))) + "\n")
