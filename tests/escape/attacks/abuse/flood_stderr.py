# Endless standard error, with the right answer on standard output.
import sys
print("held", flush=True)
while True:
    sys.stderr.write("x" * 65536)
