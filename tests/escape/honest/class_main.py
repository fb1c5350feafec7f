class Solution:
    def double(self, n: int) -> int:
        return n * 2
if __name__ == "__main__":
    import sys
    for token in sys.stdin.read().split():
        print(Solution().double(int(token)))
