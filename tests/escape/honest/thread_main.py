import sys, threading
def main():
    n = int(input())
    print(n * 2)
    sys.exit(0)
sys.setrecursionlimit(1 << 25)
threading.stack_size(1 << 27)
thread = threading.Thread(target=main)
thread.start()
thread.join()
