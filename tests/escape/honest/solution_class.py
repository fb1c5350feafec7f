from typing import List
class Solution:
    def solve(self, a: int, b: int) -> int:
        return self.helper(a) + b
    def helper(self, x):
        return x
