# Overflows the C stack.
import sys
sys.setrecursionlimit(10**9)
class Deep:
    def __repr__(self):
        return repr(self)
    def __getattr__(self, name):
        return getattr(self, name + "x")
def down():
    return down() + 1
try:
    repr(Deep())
except BaseException:
    pass
down()
