# Waits for input that never comes: past the end, from a pipe of its own.
import os, sys
sys.stdin.read()
read, write = os.pipe()
os.read(read, 1)
