import inspect, linecache, traceback
def double(n):
    return n * 2
n = int(input())
try:
    raise ValueError
except ValueError:
    traceback.format_exc()
try:
    lines = inspect.getsource(double)
except OSError:
    lines = ""
try:
    name = __file__
except NameError:
    name = ""
print(double(n))
