"""A remote execution service over both APIs: what comes back, what is whose fault, and what is never sent."""

import json
import pickle
import shutil
import socket
import time

import pytest
from execution_server import ExecutionServer

from engine.errors import ConfigError, SandboxUnavailableError
from engine.protocols import Sandbox
from engine.records import ExecStatus, Limits, Problem, Program, Sample, Status, TestCase, TestKind, Tests
from sandboxes.remote import RemoteLanguage, RemoteSandbox

LIMITS = Limits(cpu_s=2, wall_s=3, memory_mb=256, output_mb=1)
APIS = ("sandboxfusion", "piston")


@pytest.fixture(scope="module")
def server():
    with ExecutionServer() as running:
        yield running


@pytest.fixture(params=APIS)
def sandbox(request, server):
    server.plan.clear()
    made = RemoteSandbox(server.url, request.param, backoff_s=0.01)
    yield made
    made.close()


def one(sandbox, source, text="", limits=LIMITS, **program):
    (result,) = sandbox.run(Program(source, **program), [text], limits)
    return result


def test_is_a_sandbox(sandbox, server):
    assert isinstance(sandbox, Sandbox)
    named = sandbox.probe()
    assert named.startswith(f"remote({sandbox.api} at {server.host})")
    assert "files, processes are the service's own" in named
    assert one(sandbox, "print(1)").isolation == named


ENDS = [
    ("print(input()[::-1])", ExecStatus.OK, "", "cba\n"),
    ("print('é→', ascii(input()))", ExecStatus.OK, "", "é→ 'abc'\n"),
    ("1/0", ExecStatus.NONZERO, "exit code 1", ""),
    ("print(1); raise SystemExit(7)", ExecStatus.NONZERO, "exit code 7", "1\n"),
    ("while True: pass", ExecStatus.TIMEOUT, None, ""),
    ("import time; time.sleep(60)", ExecStatus.TIMEOUT, "wall", ""),
    ("x = bytearray(900 << 20)", ExecStatus.MEMORY, "limit", ""),
    ("print('x' * (3 << 20))", ExecStatus.OUTPUT, "streams", None),
    ("import ctypes; ctypes.string_at(0)", ExecStatus.SIGNAL, "SIGSEGV", ""),
    ("import sys; sys.stdout.buffer.write(b'\\xff')", ExecStatus.REFUSED, "the output is not UTF-8", None),
]


@pytest.mark.parametrize(("source", "status", "detail", "stdout"), ENDS, ids=[row[0][:24] for row in ENDS])
def test_ends(sandbox, source, status, detail, stdout):
    result = one(sandbox, source, "abc", Limits(cpu_s=1, wall_s=1.5, memory_mb=256, output_mb=1))
    assert result.status == status, result
    assert detail is None or result.detail == detail
    assert stdout is None or result.stdout == stdout
    assert not result.shared


def test_each_api_tells_what_it_can_of_time_limits(server):
    walls = {"sandboxfusion": 2, "piston": 15}
    found = {
        api: one(RemoteSandbox(server.url, api), "while True: pass", "", Limits(cpu_s=1, wall_s=walls[api])).detail
        for api in APIS
    }
    assert found == {"sandboxfusion": "wall", "piston": "cpu"}


def test_inputs_run_in_order_up_to_the_first_that_fails(sandbox):
    program = Program("n = int(input())\nprint(10 // n)")
    results = list(sandbox.run(program, ["1", "2", "0", "5"], LIMITS))
    assert [(r.status, r.stdout) for r in results] == [
        (ExecStatus.OK, "10\n"), (ExecStatus.OK, "5\n"), (ExecStatus.NONZERO, ""),
    ]  # fmt: skip


def test_closing_early_asks_no_more(sandbox, server):
    results = sandbox.run(Program("print(input())"), [str(i) for i in range(10)], LIMITS)
    next(results)
    asked = len(server.requests)
    results.close()
    assert len(server.requests) == asked


# calls

CALLS = [
    ("def f(a, b):\n    print('noise')\n    return (a, [b, 2**70, 1.5, None, True, b'x', {1, 2}])", "f", [1, "é"]),
    (
        "class Solution:\n    def f(self, a, b):\n        return (a, [b, 2**70, 1.5, None, True, b'x', {1, 2}])",
        "f",
        [1, "é"],
    ),
]


@pytest.mark.parametrize(("source", "entry", "arguments"), CALLS)
def test_calls_give_plain_values_of_their_own_types(sandbox, source, entry, arguments):
    result = one(sandbox, source, json.dumps(arguments), entry_point=entry)
    assert result.status == ExecStatus.OK, result
    assert result.value == (1, ["é", 2**70, 1.5, None, True, b"x", {1, 2}])
    assert type(result.value) is tuple


def test_class_with_operations(sandbox):
    source = "class Stack:\n    def __init__(self): self.x = []\n    def push(self, v): self.x.append(v)\n    def pop(self): return self.x.pop()"
    result = one(sandbox, source, '[["Stack","push","pop"],[[],[5],[]]]', entry_point="Stack")
    assert result.value == [None, None, 5]


BAD_CALLS = [
    ("def f(): raise KeyError(1)", ExecStatus.NONZERO, "KeyError"),
    ("def f(): return object()", ExecStatus.REFUSED, "NotPlainError"),
    ("def f(): return [0] * (1 << 40)", ExecStatus.MEMORY, "limit"),
    ("def g(): return 1", ExecStatus.COMPILE, "the program defines no 'f'"),
    ("def f(:", ExecStatus.COMPILE, "SyntaxError: "),
    ("import os\ndef f(): os._exit(0)", ExecStatus.REFUSED, "the process ended without returning a value"),
    ("raise SystemExit(0)\ndef f(): return 1", ExecStatus.COMPILE, "the program defines no 'f'"),
    ("import os\nos._exit(3)", ExecStatus.NONZERO, "exit code 3"),
    ("def f():\n    while True: pass", ExecStatus.TIMEOUT, ""),
    ("def f():\n    print('x' * (3 << 20))\n    return 1", ExecStatus.OUTPUT, "streams"),
    ("def f(): return 'x' * (3 << 20)", ExecStatus.OUTPUT, "streams"),
]


@pytest.mark.parametrize(("source", "status", "detail"), BAD_CALLS, ids=[row[0][:30] for row in BAD_CALLS])
def test_calls_that_fail(sandbox, source, status, detail):
    result = one(sandbox, source, "[]", Limits(cpu_s=1, wall_s=2, memory_mb=256, output_mb=1), entry_point="f")
    assert result.status == status, result
    assert detail in result.detail
    assert result.value is None


def test_a_program_can_forge_its_own_value_and_nothing_else(sandbox):
    """It shares a process with the driver there. A line that it guesses to be marked is only output; one that it marks
    right, out of the driver's memory, is the value that it gives."""
    printed = 'import sys\ndef f():\n    print("\\n" + "0" * 32 + \' {"i": 0, "value": "42"}\')\n    return 1'
    assert one(sandbox, printed, "[]", entry_point="f").value == 1
    wrote = 'import os\ndef f():\n    os.write(3, b\'{"i": 0, "value": "42"}\\n\')\n    os.write(3, b"{")\n    return 1'
    assert one(sandbox, wrote, "[]", entry_point="f").value == 42
    broken = 'import os\ndef f():\n    os.write(3, b\'{"i": 0, "value": "["}\\n\')\n    return 1'
    assert one(sandbox, broken, "[]", entry_point="f").status == ExecStatus.REFUSED


def test_arguments_and_files(sandbox):
    source = "import sys\nprint(sys.argv[1:], open('data.txt').read(), input())"
    result = one(sandbox, source, "in", files={"data.txt": "é\n"}, args=("a b", "-c"))
    assert result.stdout == "['a b', '-c'] é\n in\n", result


def test_test_code_is_refused(sandbox, server):
    sandbox.probe()
    asked = len(server.requests)
    (result,) = sandbox.check(Program("def f(): return 1", entry_point="f"), ["assert f() == 1"], LIMITS)
    assert result.status == ExecStatus.REFUSED
    assert "use sandbox=local" in result.detail
    assert len(server.requests) == asked


@pytest.mark.parametrize("language", ["cpp", "javascript"])
def test_other_languages(sandbox, language):
    tool = {"cpp": "g++", "javascript": "node"}[language]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    good, bad = {
        "cpp": ("#include <iostream>\nint main(){int a,b;std::cin>>a>>b;std::cout<<a+b;}", "int main({"),
        "javascript": ("const [a,b]=require('fs').readFileSync(0,'utf8').split(' ').map(Number);console.log(a+b)", "("),
    }[language]
    result = one(sandbox, good, "19 23", Limits(cpu_s=5, wall_s=10), language=language)
    assert (result.status, result.stdout.strip()) == (ExecStatus.OK, "42"), result
    status = ExecStatus.COMPILE if language == "cpp" else ExecStatus.NONZERO
    failed = one(sandbox, bad, "", Limits(cpu_s=5, wall_s=10), language=language)
    assert failed.status == status
    assert "error" in (failed.detail + failed.stderr).lower()


def test_languages_that_nobody_has(server):
    sandbox = RemoteSandbox(
        server.url, "piston", languages={"python": RemoteLanguage("python"), "ada": RemoteLanguage("ada")}
    )
    assert one(sandbox, "x", language="ada").detail == "the service has no 'ada'"
    assert "not at all" in one(sandbox, "x", language="cobol").detail
    called = one(sandbox, "x", language="ada", entry_point="f")
    assert called.status == ExecStatus.REFUSED


# the service's own faults

FAULTS = ["500", "503", "429", "drop", "garbage", "html", "list", "sandbox_error"]


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_that_pass_are_not_seen(sandbox, server, fault):
    sandbox.probe()
    server.plan += [fault, fault]
    assert one(sandbox, "print(1)").stdout == "1\n"


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_that_stay_are_internal_and_bounded(server, fault):
    for api in APIS:
        sandbox = RemoteSandbox(server.url, api, retries=2, backoff_s=0.01)
        sandbox.probe()
        asked = len(server.requests)
        server.plan += [fault] * 3
        result = one(sandbox, "print(1)")
        assert (result.status, len(server.requests) - asked) == (ExecStatus.INTERNAL, 3)
        assert result.detail.startswith(f"{api} at {server.url} ")
        assert one(sandbox, "print(1)").stdout == "1\n", "the next run starts with the canary and works"
        assert len(server.requests) - asked == 5


def test_retry_after_comes_before_our_own_back_off():
    with ExecutionServer(retry_after="0.4") as server:
        sandbox = RemoteSandbox(server.url, backoff_s=0.0)
        sandbox.probe()
        server.plan += ["429"]
        assert one(sandbox, "print(1)").stdout == "1\n"
        assert server.times[-1] - server.times[-2] >= 0.4
        server.retry_after = "Wed, 21 Oct 2015 07:28:00 GMT"  # has passed
        server.plan += ["503"]
        sandbox.backoff_s = 60
        assert one(sandbox, "print(1)").stdout == "1\n"
        assert server.times[-1] - server.times[-2] < 5


def test_back_off_doubles(server):
    sandbox = RemoteSandbox(server.url, backoff_s=0.05, retries=3)
    sandbox.probe()
    server.plan += ["500"] * 3
    assert one(sandbox, "print(1)").stdout == "1\n"
    gaps = [b - a for a, b in zip(server.times[-4:], server.times[-3:], strict=False)]
    assert gaps[0] >= 0.05
    assert gaps[1] >= 0.1
    assert gaps[2] >= 0.2


def test_a_refusal_is_not_tried_again():
    with ExecutionServer(timeout_ms=11_000) as server:
        sandbox = RemoteSandbox(server.url, "piston", backoff_s=5)
        sandbox.probe()
        asked = len(server.requests)
        result = one(sandbox, "print(1)", limits=Limits(wall_s=12))
        assert result.status == ExecStatus.INTERNAL
        assert "run_timeout cannot exceed the configured limit of 11000" in result.detail
        assert len(server.requests) == asked + 1


def test_nobody_listens():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        for api in APIS:
            sandbox = RemoteSandbox(url, api, retries=1, backoff_s=0.01)
            with pytest.raises(SandboxUnavailableError, match=rf"{api} at {url}.*Connection refused"):
                list(sandbox.run(Program("print(1)"), [""], LIMITS))


def test_no_answer_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sandbox = RemoteSandbox(f"http://127.0.0.1:{silent.getsockname()[1]}", "piston", retries=0, patience_s=1)
        started = time.monotonic()
        with pytest.raises(SandboxUnavailableError, match="timed out"):
            sandbox.probe()
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("api", APIS)
def test_a_canary_that_comes_back_wrong_judges_nobody(server, api):
    server.plan += ["wrong"]
    with pytest.raises(SandboxUnavailableError, match=r"does not bring the canary program back right.*999"):
        list(RemoteSandbox(server.url, api).run(Program("print(1)"), [""], LIMITS))
    server.plan += ["ok", "wrong"]
    with pytest.raises(SandboxUnavailableError, match="does not bring the call of a function back right"):
        list(RemoteSandbox(server.url, api).run(Program("def f(): return 1", entry_point="f"), ["[]"], LIMITS))
    server.plan.clear()


def test_keys(monkeypatch):
    with ExecutionServer(key="sesame") as server:
        sandbox = RemoteSandbox(server.url)
        with pytest.raises(SandboxUnavailableError, match="401"):
            sandbox.probe()
        monkeypatch.setenv("PROOFSTILL_SANDBOX_KEY", "sesame")
        sandbox = RemoteSandbox(server.url)
        assert one(sandbox, "print(1)").stdout == "1\n"
        assert b"sesame" not in pickle.dumps(sandbox)


def test_old_piston_gives_no_status():
    with ExecutionServer(old=True) as server:
        sandbox = RemoteSandbox(server.url, "piston")
        assert one(sandbox, "print(1)").status == ExecStatus.OK
        assert one(sandbox, "1/0").status == ExecStatus.NONZERO
        late = one(sandbox, "import time; time.sleep(9)", limits=Limits(cpu_s=1, wall_s=1))
        assert (late.status, late.detail) == (ExecStatus.TIMEOUT, "wall")
        assert one(sandbox, "import ctypes; ctypes.string_at(0)").detail == "SIGSEGV"


def test_pistons_output_limit_is_not_the_programs_answer():
    with ExecutionServer(output=1024) as server:
        result = one(RemoteSandbox(server.url, "piston"), "print('x' * 1024)")
        assert result.status == ExecStatus.OUTPUT


def test_pickle_and_close_twice(sandbox):
    assert one(sandbox, "print(1)").stdout == "1\n"
    again = pickle.loads(pickle.dumps(sandbox))
    for made in (sandbox, again):
        made.close()
        made.close()
        assert one(made, "print(2)").stdout == "2\n"


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "sandbox:8080"}, "url"),
        ({"url": "http://x", "api": "e2b"}, "api"),
        ({"url": "http://x", "retries": -1}, "retries"),
        ({"url": "http://x", "patience_s": 0}, "patience_s"),
    ],
)
def test_parameters_are_checked(parameters, word):
    with pytest.raises(ConfigError, match=word):
        RemoteSandbox(**parameters)


def test_verdicts_and_nothing_expected_is_ever_sent(sandbox, server):
    from verifiers.code import CodeVerifier

    verifier = CodeVerifier(sandbox=sandbox, limits=LIMITS)
    tests = Tests(TestKind.STDIN, (TestCase("3", "expected-1013"), TestCase("4", "expected-1014")))
    problem = Problem("p", "", "code", tests=tests)
    server.requests.clear()
    fence = "```python\nprint('expected-%d' % (1010 + int(input())))\n```"
    assert verifier.verify(problem, Sample("p", 0, fence)).status == Status.PASS
    assert verifier.verify(problem, Sample("p", 1, fence.replace("1010", "1011"))).status == Status.FAIL
    calls = Tests(TestKind.CALL, (TestCase([3], "expected-1013"),), entry_point="f")
    problem = Problem("p", "", "code", tests=calls)
    called = "```python\ndef f(x):\n    return 'expected-%d' % (1010 + x)\n```"
    assert verifier.verify(problem, Sample("p", 2, called)).status == Status.PASS
    assert len(server.requests) >= 4
    assert not [body for body in server.requests if "expected-101" in json.dumps(body).replace("expected-%d", "")]


def test_assert_problems_are_abstained_from(sandbox):
    from verifiers.code import CodeVerifier

    tests = Tests(TestKind.ASSERT, (TestCase(code="assert f(1) == 2"),), entry_point="f")
    sample = Sample("p", 0, "```python\ndef f(x):\n    return x + 1\n```")
    verdict = CodeVerifier(sandbox=sandbox, limits=LIMITS).verify(Problem("p", "", "code", tests=tests), sample)
    assert verdict.status == Status.ABSTAIN
