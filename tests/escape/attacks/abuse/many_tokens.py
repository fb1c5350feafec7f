# Four million tokens where one is expected.
import sys
sys.stdout.write("1 " * 3_900_000)
