from collections import Counter, OrderedDict, defaultdict, deque
def shapes(kind):
    return {"list": [1, [2, (3, None)], {"a": 1.5}], "dict": defaultdict(int, {"x": 1}), "set": {1, 2}, "text": "é\n\0\u2028", "none": None, "count": Counter("aab"), "bytes": b"\xff", "bool": True, "ordered": OrderedDict(a=1)}[kind]
