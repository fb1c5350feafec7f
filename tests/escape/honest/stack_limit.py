import resource, sys
try:
    resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (ValueError, OSError):
    resource.setrlimit(resource.RLIMIT_STACK, (resource.getrlimit(resource.RLIMIT_STACK)[1],) * 2)
sys.setrecursionlimit(300_000)
def depth(k):
    return 0 if k == 0 else 1 + depth(k - 1)
print(int(input()) * 2 + depth(20_000) - 20_000)
