from math import *
from itertools import *
from functools import *
from collections import *
from heapq import *
from bisect import *
from operator import *
from string import *
from random import *
from time import *
n = int(input())
print(int(sqrt(n * n)) * (1 if n >= 0 else -1) * 2)
