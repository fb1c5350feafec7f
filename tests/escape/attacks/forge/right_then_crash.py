# Prints the right answer, then ends with status 1: a right output of a failed program is not right.
import sys
print(int(input()) * 2, flush=True)
sys.exit(1)
