"""Wrong programs that try to be judged right: none may, whatever the test code looks like."""

import pytest
from judged import one

ALWAYS = """
class Always:
    def __init__(self, *a): pass
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __contains__(self, x): return True
    def __hash__(self): return 7
    def __len__(self): return 1
    def __iter__(self): return iter(())
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __abs__(self): return self
    __sub__ = __rsub__ = __add__ = __getitem__ = __call__
"""
FRAME = (
    "import os, struct\ndef frame(head, body):\n    data = (head + '\\n' + body).encode()\n"
    "    os.write(CHANNEL, struct.pack('>I', len(data)) + data)\n"
)
FORGED = {
    "always equal": ALWAYS + "def f(x): return Always()",
    "always equal class": ALWAYS + "f = Always",
    "always equal instance": ALWAYS + "f = Always()",
    "class with equal metaclass": "class M(type):\n    __eq__ = lambda s, o: True\n    __hash__ = lambda s: 1\n"
    "class f(metaclass=M):\n    def __init__(self, x): pass\n    __class__ = int",
    "always equal in a list": ALWAYS + "def f(x): return [Always()]",
    "evil int": "class I(int):\n    __eq__ = lambda s, o: True\n    __hash__ = int.__hash__\n    __sub__ = lambda s, o: 0\ndef f(x): return I(0)",
    "evil str": "class S(str):\n    __eq__ = lambda s, o: True\n    __hash__ = str.__hash__\ndef f(x): return S('')",
    "evil list": "class L(list):\n    __eq__ = lambda s, o: True\n    __contains__ = lambda s, o: True\ndef f(x): return L()",
    "evil float": "class F(float):\n    __eq__ = lambda s, o: True\n    __hash__ = None\ndef f(x): return F(0)",
    "lying __class__": "class C:\n    __class__ = property(lambda s: int)\n    __eq__ = lambda s, o: True\ndef f(x): return C()",
    "patched builtins": "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.abs = lambda x: 0\n"
    "builtins.AssertionError = Exception\ndef f(x): return 0",
    "own builtins": "def abs(x): return 0\ndef isinstance(*a): return True\ndef round(*a): return 42\n"
    "def len(x): return 42\ndef print(*a): pass\nAssertionError = KeyError\ndef f(x): return 0",
    "own math": "class math:\n    isclose = staticmethod(lambda *a, **k: True)\ndef f(x): return 0",
    "patched json": "import json\njson.dumps = json.JSONEncoder.encode = lambda *a, **k: '42'\ndef f(x): return 0",
    "patched values": "from sandboxes.runner import values, objects\n"
    'objects.dumps = lambda *a: \'{"@": ["b", "object"]}\'\ndef f(x): return 0',
    "patched unittest": "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\ndef f(x): return 0",
    "patched serve": "from sandboxes.runner import objects\nobjects.OPS['call'] = lambda *a: 0\ndef f(x): return 0",
    "exit": "import sys\ndef f(x): sys.exit(0)",
    "exit at import": "import sys\nsys.exit(0)\ndef f(x): return 42",
    "hard exit": "import os\ndef f(x): os._exit(0)",
    "hard exit at import": "import os\nos._exit(0)",
    "assertion": "def f(x): raise AssertionError",
    "assertion class": "class A(AssertionError):\n    __str__ = lambda s: 'OK'\ndef f(x): raise A",
    "skip": "import unittest\ndef f(x): raise unittest.SkipTest('x')",
    "keyboard interrupt": "def f(x): raise KeyboardInterrupt",
    "generator exit": "def f(x): raise GeneratorExit",
    "stop iteration": "def f(x): raise StopIteration",
    "stop iteration class": "class S(StopIteration): pass\ndef f(x): raise S",
    "exit class": "class E(SystemExit): pass\ndef f(x): raise E(0)",
    "recursion": "def f(x): return f(x)",
    "garbage": "import os\ndef f(x): os.write(CHANNEL, b'garbage' * 100)",
    "garbage at import": "import os\nos.write(CHANNEL, b'OK' * 1000)\ndef f(x): return 42 and 0",
    "huge frame": "import os\ndef f(x): os.write(CHANNEL, b'\\xff\\xff\\xff\\xff')",
    "empty frame": "import os\ndef f(x): os.write(CHANNEL, b'\\0\\0\\0\\0')",
    "forged none": FRAME + "def f(x): frame('[\"ok\"]', 'null')",
    "forged refusal": FRAME + "def f(x): frame('[\"refused\"]', '\"x\"')",
    "forged judge object": FRAME + 'def f(x): frame(\'["ok"]\', \'{"@":["y",0]}\')',
    "forged far object": FRAME + 'def f(x): frame(\'["ok"]\', \'{"@":["y",10000]}\')',
    "forged class": FRAME + 'def f(x): frame(\'["ok"]\', \'{"@":["o",1,1]}\')\n',
    "forged mock": FRAME + 'def f(x): frame(\'["ok"]\', \'{"@":["m","unittest.mock"]}\')',
    "forged status": FRAME + 'def f(x): frame(\'["OK"]\', \'{"d":["i",0,"status","OK"]}\')',
    "forged type": FRAME + 'def f(x): frame(\'["ok"]\', \'{"@":["b","__import__"]}\')',
    "forged exception": FRAME + 'def f(x): frame(\'["raise"]\', \'[{"@":["x","SystemExit","[0]"]},[]]\')',
    "raises a number": FRAME + "def f(x): frame('[\"raise\"]', '[1,[]]')",
    "asks the judge": FRAME + 'def f(x): frame(\'["op","call"]\', \'[{"@":["b","int"]},{"t":[]},{"d":[]}]\'); return 0',
    "asks for attributes": FRAME + 'def f(x): frame(\'["op","getattr"]\', \'[{"@":["y",0]},"__globals__"]\'); return 0',
    "two answers": FRAME + "def f(x):\n    frame('[\"ok\"]', '0')\n    frame('[\"ok\"]', '0')\n    return 0",
    "any json": "f = __import__('unittest.mock').mock.ANY",
    "returns any": "from unittest.mock import ANY\ndef f(x): return ANY",
    "magic mock": "from unittest.mock import MagicMock\nf = MagicMock()",
    "returns a type": "f = lambda x: object",
    "returns itself": "def f(x): return f",
    "returns the argument": "def f(x): return x",
    "returns nan": "def f(x): return float('nan')",
    "returns not implemented": "def f(x): return NotImplemented",
    "a module": "import math as f",
    "prints": "def f(x):\n    print('OK')\n    print('{\"status\": \"OK\"}')",
    "closes the channel": "import os\ndef f(x): os.close(CHANNEL)",
    "kills its parent's judge": "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGKILL)",
    "a lying getattr": "class A:\n    __getattribute__ = lambda s, n: True\n    __eq__ = lambda s, o: True\ndef f(x): return A()",
    "bool that is no bool": "class B:\n    __lt__ = lambda s, o: s\n    __bool__ = lambda s: True\ndef f(x): return B()",
}
CHECKS = {
    "equal": "assert f(20) == 42",
    "reversed": "assert 42 == f(20)",
    "swallowed": "try:\n    assert f(20) == 42\nexcept (OSError, EOFError, ConnectionError): pass",
    "close": "import math\nassert math.isclose(f(20), 42)",
    "close without import": "assert math.isclose(f(20), 42) and isinstance(f(20), int)",
    "abs": "assert abs(f(20) - 42) < 1e-6",
    "truth": "assert f(20) is not None and (f(20) == 42) is True",
    "in": "assert f(20) in [42]",
    "in set": "assert f(20) in {42, 7}",
    "not different": "assert not f(20) != 42",
    "ordered": "assert 41 < f(20) < 43",
    "map": "assert all(map(lambda x: f(x) == 42, [20, 20]))",
    "sorted": "assert sorted([f(20), 50]) == [42, 50] and [f(20)] == [42]",
    "unittest": "import unittest\nclass T(unittest.TestCase):\n    def test_f(self): self.assertEqual(f(20), 42)",
    "almost": "import unittest\nclass T(unittest.TestCase):\n    def test_f(self): self.assertAlmostEqual(f(20), 42)",
    "check": "def check(candidate):\n    assert candidate(20) == 42",
    "numpy": "import numpy as np\nassert np.allclose(f(20), 42)",
    "no else": "def check(candidate):\n    if candidate(20) != 42:\n        raise AssertionError",
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", FORGED)
def test_no_wrong_program_passes(name):
    for kind, block in CHECKS.items():
        report = one(FORGED[name], block, "f", wall_s=5)
        assert report["status"] != "OK" or report["program_compared"], (name, kind, report)


@pytest.mark.parametrize("kind", CHECKS)
def test_the_checks_accept_a_right_program(kind):
    report = one("def f(x): return 42", CHECKS[kind], "f")
    assert report["status"] == "OK"
    assert not report["program_compared"]


@pytest.mark.parametrize(
    "program",
    ["import time\ndef f(x): time.sleep(60)", FRAME + "def f(g):\n    while True: g(1)"],
    ids=["never answers", "calls back for ever"],
)
def test_the_wall_clock_is_the_callers(program):
    assert one(program, "assert f(lambda x: x) == 1", "f", wall_s=0.5)["status"] == "TIMEOUT"


def test_an_ended_program_cannot_be_caught():
    block = "try: f(1)\nexcept BaseException: pass\nfinally: f = 42"
    for program in ("import os\ndef f(x): os._exit(0)", FORGED["garbage"], FORGED["huge frame"]):
        report = one(program, block, "f")
        assert report["status"] in ("NONZERO", "REFUSED")
        assert "process" in report["text"]
