# ruff: noqa: ISC004 -- blocks of test code, line by line
"""Programs against test code over two real processes: what must pass, what must fail, and what tries to forge."""

import re

import pytest
from judged import judged, one

from sandboxes.runner import arrays

ADD = "def add(a, b):\n    return a + b\n"
STACK = """
class Empty(ValueError):
    def __init__(self, what, code=3):
        super().__init__(what)
        self.code = code

class Stack:
    limit = 3
    def __init__(self, items=()):
        self.items = list(items)
    def push(self, item):
        if len(self.items) >= self.limit:
            raise OverflowError("full")
        self.items.append(item)
        return self
    def pop(self):
        if not self.items:
            raise Empty("nothing here")
        return self.items.pop()
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
    def __getitem__(self, i): return self.items[i]
    def __setitem__(self, i, v): self.items[i] = v
    def __contains__(self, x): return x in self.items
    def __eq__(self, other): return isinstance(other, Stack) and self.items == other.items
    def __lt__(self, other): return len(self) < len(other)
    def __repr__(self): return f"Stack({self.items})"
    def __str__(self): return "stack"
    def __enter__(self): self.items.append("in"); return self
    def __exit__(self, kind, error, trace): self.items.append("out"); return kind is KeyError
    def __add__(self, other): return Stack(self.items + list(other))
    def __call__(self, n): return n * len(self)
    @classmethod
    def of(cls, *items): return cls(items)
    @staticmethod
    def name(): return "stack"
    @property
    def top(self): return self.items[-1]

class Deep(Stack):
    def push(self, item): return super().push([item])
"""
OTHERS = """
import enum, math, collections, itertools
from dataclasses import dataclass
class Colour(enum.Enum):
    RED = 1
    BLUE = 2
Point = collections.namedtuple("Point", "x y")
class MyList(list): pass
class Age(int): pass
@dataclass
class Pair:
    a: int
    b: int
def count(n=0):
    while True:
        yield n
        n += 1
def colour(n): return Colour(n)
def sort(items): items.sort()
def deep(d): d["a"].append(1); d["b"][0].add(5); d["c"] = 1; del d["z"]
def swap(items): items[0], items[1] = items[1], items[0]
def same(x): return x
def apply(f, *args, **kw): return f(*args, **kw)
def fix(f, n): return f(lambda k: k + n)
def safe(f):
    try: f()
    except Exception as e: return type(e).__name__
def reraise(f): return f()
def total(it): return sum(itertools.islice(it, 3))
def linked(node):
    found = []
    while node:
        found.append(node.val); node = node.next
    return found
def rec(n): return rec(n + 1)
def tree(): return Counter("aab")
from collections import Counter
def point(): return Point(1, 2)
def types_(): return [int, str, ValueError]
"""

PASSING = {
    "mbpp": (ADD, "assert add(1, 2) == 3\nassert add('a', 'b') == 'ab'", "add"),
    "no entry point": (ADD, "assert add(1, 2) == 3", None),
    "humaneval": (ADD, "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert add(2, 2) == 4", "add"),
    "check called": (ADD, "def check(candidate):\n    assert candidate(1, b=2) == 3\ncheck(add)", "add"),
    "shadowing entry point": ("def sum(a, b): return a * b", "assert sum(3, 4) == 12", "sum"),
    "method entry point": (
        "class Solution:\n    def f(self, x): return x + 1",
        "assert Solution().f(1) == 2",
        "Solution",
    ),
    "test functions": (ADD, "def test_it():\n    assert add(1, 1) == 2", "add"),
    "module of the program": ("import math\ndef f(): return 0.1 + 0.2", "assert math.isclose(f(), 0.3)", "f"),
    "numpy": (ADD, "import numpy as np\nassert np.allclose(add([0.1], [0.2]), [0.1, 0.2])", "add"),
    "unittest": (
        STACK,
        "import unittest\nclass T(unittest.TestCase):\n    def setUp(self): self.s = Stack([1])\n"
        "    def test_a(self):\n        self.assertEqual(self.s.push(2).pop(), 2)\n"
        "    def test_b(self):\n        self.s.pop()\n        with self.assertRaises(Empty) as c: self.s.pop()\n"
        "        self.assertEqual(str(c.exception), 'nothing here')\n        self.assertEqual(c.exception.code, 3)\n"
        "        with self.assertRaisesRegex(ValueError, 'nothing'): self.s.pop()\n"
        "unittest.main()",
        None,
    ),
    "class": (
        STACK,
        "s = Stack()\ns.push(1).push([2])\nassert len(s) == 2 and list(s) == [1, [2]] and s[1] == [2]\n"
        "s[0] = 5\nassert s.items == [5, [2]] and s.top == [2]\nassert repr(s) == 'Stack([5, [2]])'\n"
        "assert str(s) == f'{s}' == 'stack'\nassert isinstance(s, Stack) and type(s) is Stack\n"
        "assert Stack.of(1, 2).items == [1, 2] and Stack.name() == 'stack' and Stack.limit == 3\n"
        "assert (s + Stack([9])).items == [5, [2], 9] and s(4) == 8\n"
        "d = Deep()\nassert isinstance(d, Stack) and issubclass(Deep, Stack)\nassert d.push(1).items == [[1]]\n"
        "s.extra = 4\nassert s.extra == 4 and hasattr(s, 'extra') and not hasattr(s, 'missing')\n"
        "with s as t:\n    assert t.items[-1] == 'in'\nassert s.items[-1] == 'out'\n"
        "with s: raise KeyError('x')\nStack.limit = 99\nassert Stack.limit == 99\n"
        "import copy\nc = copy.deepcopy(s)\nc.items = []\nassert s.items != []",
        None,
    ),
    "exceptions": (
        STACK + "def f(x): return {}[x]\ndef g(): return int('x')\ndef h(): raise OSError(2, 'gone')",
        "try:\n    Stack().pop()\n    assert False\nexcept Empty as e:\n    assert e.args == ('nothing here',)\n"
        "try: f('k')\nexcept KeyError as e: assert e.args == ('k',)\n"
        "try: g()\nexcept ValueError as e: assert 'invalid literal' in str(e)\n"
        "try: h()\nexcept FileNotFoundError as e: assert e.errno == 2\n"
        "try: raise Empty('own')\nexcept ValueError as e: assert e.code == 3",
        None,
    ),
    "mutation": (
        OTHERS,
        "a = [3, 1, 2]\nb = a\nsort(a)\nassert b == [1, 2, 3]\n"
        "inner, s = [0], {1}\nd = {'a': inner, 'b': (s,), 'z': 0}\ndeep(d)\n"
        "assert inner == [0, 1] and s == {1, 5} and d == {'a': [0, 1], 'b': ({1, 5},), 'c': 1}\n"
        "p, q = Pair(1, 2), Pair(3, 4)\nx = [p, q]\nswap(x)\nassert x[0].a == 3 and x[1].a == 1",
        None,
    ),
    "generators": (
        OTHERS,
        "import itertools\nassert list(itertools.islice(count(5), 3)) == [5, 6, 7]\ng = count()\n"
        "assert next(g) == 0 and next(g) == 1\nassert total(x * 2 for x in itertools.count()) == 6\n"
        "assert next(same(iter([4]))) == 4",
        None,
    ),
    "call backs": (
        OTHERS,
        "assert apply(lambda x, y=1: x * y, 3, y=4) == 12\nassert apply(len, 'abc') == 3\nassert apply(int, '4') == 4\n"
        "assert fix(lambda g: g(1) + g(2), 10) == 23\n"
        "def bad(): raise KeyError('no')\nassert safe(bad) == 'KeyError'\n"
        "class Mine(Exception): pass\ndef worse(): raise Mine('x')\n"
        "try: reraise(worse)\nexcept Mine as e: assert str(e) == 'x'",
        None,
    ),
    "objects of the test code": (
        OTHERS,
        "class Node:\n    def __init__(self, val, next=None): self.val, self.next = val, next\n"
        "assert linked(Node(1, Node(2))) == [1, 2]",
        None,
    ),
    "plain bases": (
        OTHERS,
        "assert point() == (1, 2) and point().x == 1\nassert same(MyList([1, 2])) == [1, 2] and 2 in MyList([1, 2])\n"
        "assert Age(3) == 3 and Age(3) < 4 and not Age(3) == 4 and Age(3) + 1 == 4\nassert {Age(3): 'x'}[3] == 'x'",
        None,
    ),
    "plain library types": (OTHERS, "assert tree().most_common(1) == [('a', 2)]\nassert types_()[0] is int", None),
    "enum": (OTHERS, "assert colour(1).name == 'RED' and Colour['BLUE'].value == 2 and len(Colour) == 2", None),
}


@pytest.mark.parametrize("name", PASSING)
def test_right_programs_pass(name):
    program, block, entry = PASSING[name]
    report = one(program, block, entry)
    assert (report["status"], report["text"]) == ("OK", "")
    assert not report["program_compared"]


COMPARED = {
    "eq": "assert Stack([1]) == Stack([1])",
    "ne": "assert Stack([1]) != Stack([2])",
    "order": "assert Stack() < Stack([1])",
    "order with plain": "assert Stack() < [1]",
    "arithmetic with plain": "assert (Stack() + [1]).items == [1]",
    "in": "assert 1 in Stack([1])",
    "bool": "assert Stack([1])",
    "in a list": "assert Stack([1]) in [Stack([1])]",
    "in containers": "assert [Stack([1])] == [Stack([1])]",
    "is": "s = Stack()\nassert s.push(1) is s",
    "hash": "assert len({Empty('x')}) == 1",
}


@pytest.mark.parametrize("name", COMPARED)
def test_the_programs_own_comparisons_are_reported(name):
    report = one(STACK, COMPARED[name])
    assert report["status"] == "OK", report
    assert report["program_compared"]


FAILING = {
    "value": (ADD, "assert add(1, 2) == 4", "add", r"line 1: assert add\(1, 2\) == 4\ngot = 3\nexpected = 4"),
    "message": (ADD, "assert add(1, 2) == 4, 'sum'", "add", "AssertionError: sum\n"),
    "locals": (
        ADD,
        "def check(c):\n    exp = 4\n    out = c(1, 2)\n    ok = out == exp\n    assert ok",
        "add",
        "out = 3",
    ),
    "exception": ("def f(): return [][1]", "f()", "f", "IndexError: list index out of range\nline 1: f()"),
    "syntax": (ADD, "assert add(1", "add", "the test code is broken: SyntaxError"),
    "name": (ADD, "assert adding(1, 2)", "add", "'adding' is defined neither by the test code nor by the program"),
    "no entry": ("x = 1", "def check(c): assert c(1)", "add", "'add' is defined neither"),
    "check without entry": (ADD, "def check(c): pass", None, "needs the name of an entry point"),
    "unittest": (
        ADD,
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(add(1, 1), 3)",
        "add",
        "2 != 3",
    ),
    "skipped": (
        ADD,
        "import unittest\nclass T(unittest.TestCase):\n    @unittest.skip('no')\n    def test_a(self): pass",
        "add",
        "skipped",
    ),
    "no test": (ADD, "import unittest\nclass T(unittest.TestCase):\n    pass", "add", "has no test"),
    "second test function": (ADD, "def test_b():\n    assert add(1, 1) == 3", "add", "expected = 3"),
    "test code exits": (ADD, "import sys; sys.exit(0)", "add", "SystemExit"),
    "truth": ("def f(): return []", "assert f()", "f", "line 1: assert f()"),
    "tuple is not list": ("def f(): return (1,)", "assert f() == [1]", "f", r"got = \(1,\)"),
    "private": (STACK, "Stack().__globals__", None, "not asked of the program"),
    "callback assertion": (
        OTHERS,
        "def f(): assert False, 'inside'\nassert safe(f) == 'AssertionError'",
        None,
        "call back: inside",
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_failures_say_what_failed(name):
    program, block, entry, text = FAILING[name]
    report = one(program, block, entry)
    assert report["status"] == "NONZERO"
    assert re.search(text, report["text"]), report["text"]


REFUSED = {
    "deep": "def f(x):\n    r = []\n    for _ in range(500): r = [r]\n    return r",
    "cyclic": "def f(x):\n    r = []\n    r.append(r)\n    return r",
    "large": "def f(x): return [0] * 2000000",
    "long": "def f(x): return 'x' * (1 << 26)",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_cross_is_refused_even_if_the_test_code_catches_it(name):
    assert one(REFUSED[name], "try: f(1)\nexcept Exception: pass", "f")["status"] == "REFUSED"


def test_what_test_code_cannot_give_is_refused():
    for gift in ("__import__('os')", "object()", "__import__('threading').Lock()", "__import__('unittest').TestCase()"):
        report = one("def f(x): return 1", f"try: f({gift})\nexcept Exception: pass", "f")
        assert report["status"] == "REFUSED", gift
    report = one(STACK, "class Mine(Stack): pass")
    assert report["status"] == "REFUSED"
    assert "Mine derives from one of the program" in report["text"]


def test_blocks_are_run_up_to_the_first_failure_each_in_fresh_names():
    reports = judged(ADD, "x = add(1, 1)\nassert x == 2", "assert x", "assert add(1, 1) == 2", entry_point="add")
    assert [(row["i"], row["status"]) for row in reports] == [(0, "OK"), (1, "NONZERO")]


def test_names_used_besides_the_entry_point_are_reported():
    program = "def helper(x): return x\ndef f(x): return x\nabs = helper"
    report = one(program, "assert abs(helper(f(-1))) == 1", "f")
    assert (report["status"], report["names"]) == ("OK", ["helper"])


LIAR = """
class Liar(set):
    ok = True
    def issubset(self, other): return True
    def get(self): return 1
def f(x): return Liar()
def g(x): yield x
"""


@pytest.mark.parametrize(
    ("block", "own_word"),
    [
        ("assert f(1).issubset({2})", True),
        ("assert f(1).ok", True),
        ("assert f(1).get() == 1", False),
        ("assert list(g(1)) == [1]", False),
        ("assert Liar().issubset({2})", False),
    ],
)
def test_methods_that_say_what_is_wanted(block, own_word):
    report = one(LIAR, block)
    assert (report["status"], report["program_compared"]) == ("OK", own_word)


def test_exits_are_exceptions_of_the_test_code():
    report = one(
        "import sys\ndef f(x): sys.exit(3)", "try: f(1)\nexcept Exception as e: assert 'SystemExit: 3' in str(e)", "f"
    )
    assert report["status"] == "OK"


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        ([1.0, 2], [1.0, 2.0 + 1e-9], True),
        ([1.0], [1.1], False),
        (1.0, [1.0, 1.0], TypeError),
        ([], 1.0, TypeError),
        ([[1], [2]], [[1], [3]], False),
        (float("inf"), float("inf"), True),
        (1e308, float("inf"), False),
        (float("nan"), float("nan"), False),
        ([1, 2], [1], ValueError),
        ("1", 1, TypeError),
        ([None], [1], TypeError),
        ([5, "x"], [1, 1], TypeError),
    ],
)
def test_allclose(a, b, result):
    if isinstance(result, bool):
        assert arrays.allclose(a, b) is result
    else:
        with pytest.raises(result):
            arrays.allclose(a, b)


def test_a_call_takes_little():
    block = (
        "import time\nstart = time.perf_counter()\nfor _ in range(2000): f([1, 2])\n"
        "each = (time.perf_counter() - start) / 2000\nassert False, each"
    )
    best = min(
        float(re.search("Error: ([0-9.e-]+)", one("def f(x): return 1", block, "f")["text"])[1]) for _ in range(3)
    )
    assert best < 0.002, f"{best * 1e6:.0f} us per call"
