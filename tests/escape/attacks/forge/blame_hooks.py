# Hooks that raise wherever the interpreter calls them.
import sys, threading
def bad(*args, **kwargs):
    raise SystemError("hook")
sys.excepthook = sys.unraisablehook = threading.excepthook = sys.displayhook = bad
class Mean(BaseException):
    def __str__(self):
        raise self
    __repr__ = __str__
    @property
    def args(self):
        raise self
    @property
    def __traceback__(self):
        raise self
    @property
    def __class__(self):
        raise self
def solve(a, b):
    raise Mean()
add = solve
sys.stdout = sys.stderr = None
