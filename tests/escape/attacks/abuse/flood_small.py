# Endless output, one character and one flush at a time.
import sys
while True:
    sys.stdout.write("a")
    sys.stdout.flush()
