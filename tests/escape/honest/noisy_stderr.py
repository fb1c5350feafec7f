import logging, sys, warnings
logging.basicConfig(level=logging.DEBUG)
warnings.warn("odd", DeprecationWarning)
logging.debug("reading")
print("debug", file=sys.stderr)
sys.stderr.write("x" * 20_000 + "\n")
print(int(input()) * 2)
