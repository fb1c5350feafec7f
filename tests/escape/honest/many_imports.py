import array, base64, bisect, calendar, collections, contextlib, copy, csv, datetime, difflib, functools, hashlib, heapq, html
import io, itertools, json, keyword, locale, math, operator, os, pprint, queue, random, re, string, struct, sys, textwrap, time
import types, unicodedata, weakref, zlib, zoneinfo, ast, abc, argparse, binascii, codecs, colorsys, fnmatch, graphlib, ipaddress
from collections import Counter, OrderedDict, defaultdict, deque
from functools import cache, lru_cache, partial, reduce
from itertools import accumulate, combinations, permutations, product
@lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
heap = [3, 1, 2]
heapq.heapify(heap)
assert heapq.heappop(heap) == 1 and bisect.bisect([1, 2, 3], 2) == 2 and fib(50) == 12586269025
assert datetime.date(2024, 2, 29).isoformat() == "2024-02-29" and re.sub(r"\d", "", "a1") == "a"
print(int(input()) * reduce(operator.mul, [1, 2]))
