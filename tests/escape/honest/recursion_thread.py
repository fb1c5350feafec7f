import sys, threading
sys.setrecursionlimit(10**6)
threading.stack_size(256 * 1024 * 1024)
def depth(k):
    return 0 if k == 0 else 1 + depth(k - 1)
def main():
    n = int(input())
    print(n * 2 + depth(50_000) - 50_000)
thread = threading.Thread(target=main)
thread.start()
thread.join()
