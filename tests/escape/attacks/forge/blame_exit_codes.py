# Ends with the numbers that rigs keep for themselves.
import os
n = int(input())
os._exit({3: 137, 10: 255, 21: 124, 0: 125}.get(n, 99))
