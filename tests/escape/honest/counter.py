class Counter:
    def __init__(self, start=0):
        self._total = start
    def add(self, n):
        self._total += n
    def get(self):
        return self._total
    def __len__(self):
        return self._total
    def __repr__(self):
        return f"Counter({self._total})"
    def __eq__(self, other):
        return isinstance(other, Counter) and self._total == other._total
