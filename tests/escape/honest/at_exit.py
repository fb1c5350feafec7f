import atexit
n = int(input())
atexit.register(print, n * 2)
