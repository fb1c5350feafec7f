import sys
sys.set_int_max_str_digits(0)
n = int(input())
big = 7**20_000
text = str(big)
assert len(text) > 4300 and int(text) == big
print(n * 2)
