# Prints bytes that are no text.
import sys
sys.stdout.buffer.write(b"\xff\xfe\x80\xed\xa0\x80" + bytes(range(256)) + b"6\n")
