"""The problems that programs of the escape suite answer: public tests first, the rest hidden."""

from engine.records import Limits, TestCase, TestKind, Tests

TINY = Limits(cpu_s=0.2, wall_s=0.35, memory_mb=128, output_mb=1, file_mb=4, processes=8)
TIGHT = Limits(cpu_s=0.4, wall_s=0.8, memory_mb=128, output_mb=1, file_mb=4, processes=8)

PERMUTATION = """
def check(input, expected, output):
    n = int(input)
    words = output.split()
    return len(words) == n and all(word.isascii() and word.isdigit() and len(word) < 9 for word in words) and {
        int(word) for word in words
    } == set(range(1, n + 1))
"""
NAIVE_PERMUTATION = """
def check(input, expected, output):
    return sorted(map(int, output.split())) == list(range(1, int(input) + 1))
"""
ADD_BLOCKS = (
    "assert add(1, 2) == 3",
    "assert add(10, 20) == 30\nassert add('a', 'b') == 'ab'",
    "assert add(-5, 5) == 0",
)
ADD_ERRORS = """
try:
    add([], 1)
except TypeError:
    pass
else:
    assert False, "no error for a list"
assert add(2, 2) == 4
"""
ADD_CHECK = """
METADATA = {"author": "x"}

def check(candidate):
    assert candidate(1, 2) == 3, "small"
    assert abs(candidate(10, 20) - 30) < 1e-6
    assert all(candidate(n, n) == 2 * n for n in range(5))
    assert len([candidate(1, 1), candidate(2, 2)]) == 2 and sorted([candidate(3, 0), candidate(1, 0)]) == [1, 3]
    assert isinstance(candidate(1, 1), int)
"""
ADD_UNITTEST = """
import unittest

class TestAdd(unittest.TestCase):
    def setUp(self):
        self.pairs = [(1, 2, 3), (10, 20, 30)]

    def test_pairs(self):
        for a, b, total in self.pairs:
            with self.subTest(a=a):
                self.assertEqual(add(a, b), total)

    def test_close(self):
        self.assertAlmostEqual(add(0.1, 0.2), 0.3)
        self.assertTrue(add(1, 1) == 2)

    def test_error(self):
        with self.assertRaises(TypeError):
            add([], 1)

if __name__ == "__main__":
    unittest.main()
"""
HALF_CHECK = """
import math

def check(candidate):
    assert abs(candidate(3) - 1.5) < 1e-6
    assert math.isclose(candidate(5), 2.5, rel_tol=1e-9)
    assert round(candidate(7), 1) == 3.5
    assert max(candidate(1), candidate(2)) == 1.0
    assert str(candidate(4)) == "2.0"
"""
COUNTER_BLOCKS = (
    "c = Counter()\nc.add(2)\nassert c.get() == 2",
    "c = Counter(5)\nfor n in (1, 2):\n    c.add(n)\nassert c.get() == 8\nassert len(c) == 8",
    "c = Counter(4)\nassert repr(c) == 'Counter(4)'",
)
COUNTER_EQUALITY = (
    "assert Counter(4) == Counter(4)\nassert not Counter(4) == Counter(5)\nassert Counter(4) != Counter(5)"
)
ORDER_BLOCKS = (
    "assert order([3, 1, 2]) == [1, 2, 3]",
    "items = [5, 4, 6]\nassert order(items) == [4, 5, 6]\nassert len(items) == 3",
)
TRUTH_BLOCKS = ("assert is_prime(7)\nassert not is_prime(8)", "assert is_prime(2) == True\nassert is_prime(9) is False")
METHOD_BLOCKS = (
    "assert upper('abc').startswith('AB')\nassert upper('abc').endswith('C')",
    "assert 'B' in upper('abc')\nassert len(upper('abc')) == 3\nassert str(upper('abc')) == 'ABC'",
)
PAIR_BLOCKS = (
    "assert set(pair(1)) == {1, 2}\nassert sorted(pair(3)) == [3, 4]\nassert tuple(pair(1)) == (1, 2)",
    "first, second = pair(5)\nassert second - first == 1\nassert len(pair(1)) == 2 and 2 in pair(1) and pair(1)[0] < 2",
)
LOOP_BLOCKS = (
    "for got, want in zip(map(add, [1, 2], [3, 4]), [4, 6]):\n    assert got == want",
    "assert all(add(n, n) == 2 * n for n in range(4))\nassert list(map(add, [1], [1])) == [2]",
)
IN_PLACE_BLOCKS = (
    "items = [1, 2, 3]\nreverse(items)\nassert items == [3, 2, 1]",
    "table = {}\nfill(table, 'a', 1)\nfill(table, 'a', 2)\nassert table == {'a': [1, 2]}",
)
SHAPE_BLOCKS = (
    "c = Circle(2)\nassert abs(c.area() - 12.566370614359172) < 1e-9\nassert c.double == 2 * c.area()",
    "assert Circle.kind == 'round' and Circle.named() == 'Circle' and Circle.unit().r == 1",
    "assert isinstance(Square(1), Shape) and not isinstance(Square(1), Circle)\nassert list(Square(2)) == [2, 2, 2, 2]",
    "try:\n    Circle(-1)\nexcept ValueError as error:\n    assert 'negative' in str(error)\nelse:\n    assert False",
)
CALLBACK_BLOCKS = (
    "assert apply(lambda v: v + 1, [1, 2]) == [2, 3]",
    "assert shuffle_words('a b') == {'a': 0, 'b': 1}",
)


def stdin(*pairs: tuple[str, str], checker: str = "tokens", repeat: int = 1, limits: Limits | None = None) -> Tests:
    cases = tuple(TestCase(given, wanted, hidden=i > 0) for i, (given, wanted) in enumerate(pairs))
    return Tests(TestKind.STDIN, cases, checker=checker, repeat=repeat, limits=limits)


def call(name: str, *pairs: tuple[list, object], checker: str = "tokens", repeat: int = 1) -> Tests:
    cases = tuple(TestCase(given, wanted, hidden=i > 0) for i, (given, wanted) in enumerate(pairs))
    return Tests(TestKind.CALL, cases, name, checker=checker, repeat=repeat, limits=TIGHT)


def blocks(name: str | None, *codes: str) -> Tests:
    cases = tuple(TestCase(code=code, hidden=i > 0) for i, code in enumerate(codes))
    return Tests(TestKind.ASSERT, cases, name, limits=TIGHT)


DOUBLES = tuple((f"{n}\n", f"{2 * n}\n") for n in (3, 10, 21, 0, -7))
SUMS = (([1, 2], 3), ([10, 20], 30), ([-5, 5], 0), ([7, 8], 15))
COUNTS = (
    ([["Counter", "add", "add", "get"], [[], [2], [3], []]], [None, None, None, 5]),
    ([["Counter", "add", "get"], [[10], [1], []]], [None, None, 11]),
)
THIRDS = tuple((str(n), repr(n / 3)) for n in (1, 2, 10, -4))

PROBLEMS = {
    "held": stdin(("x\n", "held\n"), limits=TINY),
    "held_long": stdin(("x\n", "held\n"), limits=Limits(cpu_s=2, wall_s=4, file_mb=4)),
    "double": stdin(*DOUBLES, limits=TIGHT),
    "double_exact": stdin(*DOUBLES, checker="exact", limits=TIGHT),
    "double_lines": stdin(*DOUBLES, checker="lines", limits=TIGHT),
    "double_float": stdin(*DOUBLES, checker="float(1e-6,1e-6)", limits=TIGHT),
    "double_wide": stdin(*DOUBLES),
    "unordered": stdin(*DOUBLES, checker="unordered", limits=TIGHT),
    "coin": stdin(*(DOUBLES * 4), repeat=4, limits=TIGHT),
    "coin_call": call("solve", *(SUMS * 5), repeat=4),
    "empty": stdin(("5\n", ""), ("6\n", ""), limits=TIGHT),
    "parity": stdin(*((str(n), ("No", "Yes")[n % 2 == 0]) for n in (3, 4, 5, 6)), limits=TIGHT),
    "next": stdin(*((str(n), f"{n} {n + 1}") for n in (3, 4)), checker="unordered", limits=TIGHT),
    "thirds": stdin(*THIRDS, checker="float(1e-6,1e-6)", limits=TIGHT),
    "permutation": stdin(*((str(n), "") for n in (1, 3, 5)), checker=PERMUTATION, limits=TIGHT),
    "permutation_naive": stdin(*((str(n), "") for n in (1, 3, 5)), checker=NAIVE_PERMUTATION, limits=TIGHT),
    "solve": call("solve", *SUMS),
    "solve_float": call("solve", *SUMS, checker="float(1e-6,1e-6)"),
    "solve_unordered": call("solve", *SUMS, checker="unordered"),
    "solve_deep": call("solve", ([2000, 1], 2001), ([5000, 2], 5002)),
    "upper": call("upper", (["abc"], "ABC"), (["x"], "X")),
    "pair": call("pair", ([1], [1, 2]), ([5], [5, 6])),
    "count": call("count", ([["a", "b", "a"]], {"a": 2, "b": 1}), ([[]], {})),
    "half": call("half", ([3], 1.5), ([4], 2.0), checker="float(1e-6,1e-6)"),
    "is_more": call("is_more", ([1, 2], 0), ([2, 1], 1)),
    "order": call("order", ([[3, 1, 2]], [1, 2, 3]), ([[]], [])),
    "pair_unordered": call("pair", ([1], [2, 1]), ([5], [6, 5]), checker="unordered"),
    "power": call("power", ([20_000], 3**20_000)),
    "shapes": call(
        "shapes",
        (["list"], [1, [2, [3, None]], {"a": 1.5}]),
        (["dict"], {"x": 1}),
        (["set"], {1, 2}),
        (["text"], "é\n\0\u2028"),
        (["none"], None),
        (["count"], {"a": 2, "b": 1}),
        (["bytes"], b"\xff"),
        (["bool"], True),
        (["ordered"], {"a": 1}),
    ),
    "counter": call("Counter", *COUNTS),
    "add_asserts": blocks("add", *ADD_BLOCKS),
    "add_asserts_nameless": blocks(None, *ADD_BLOCKS),
    "add_errors": blocks("add", ADD_ERRORS),
    "add_check": blocks("add", ADD_CHECK),
    "add_check_called": blocks("add", ADD_CHECK + "\ncheck(add)\n"),
    "add_unittest": blocks("add", ADD_UNITTEST),
    "half_check": blocks("half", HALF_CHECK),
    "counter_asserts": blocks("Counter", *COUNTER_BLOCKS),
    "counter_equality": blocks("Counter", COUNTER_EQUALITY),
    "order_asserts": blocks("order", *ORDER_BLOCKS),
    "truth": blocks("is_prime", *TRUTH_BLOCKS),
    "methods": blocks("upper", *METHOD_BLOCKS),
    "pairs": blocks("pair", *PAIR_BLOCKS),
    "loops": blocks("add", *LOOP_BLOCKS),
    "in_place": blocks(None, *IN_PLACE_BLOCKS),
    "shapes_asserts": blocks("Circle", *SHAPE_BLOCKS),
    "callback": blocks("apply", *CALLBACK_BLOCKS),
    "greeting": stdin(("Zoë ж\n", "héllo Zoë ж — 你好 🎉 ñ\nΩΩΩ\n")),
    "length": stdin(("", "0")),
    "silence": stdin(("5", ""), ("-1", "negative")),
    "windows": stdin(("1\r\n2\r\n", "3")),
    "no_newline": stdin(("4", "8")),
    "sum_many": stdin((" ".join(map(str, range(720_000))), str(sum(range(720_000))))),
    "print_many": stdin(("720000", "\n".join(map(str, range(720_000))))),
}
