"""Where the program stands in a response."""

import time

import pytest

from engine.records import Message, Problem, TestCase, TestKind, Tests
from verifiers.code.extract import extract
from verifiers.code.names import fenced, planted_wrong, wanted

PROMPT = 'from typing import List\n\n\ndef helper(x):\n    return x\n\n\ndef f(x: List[int]) -> int:\n    """doc"""\n'
HEAD = "from typing import List\n\n\ndef helper(x):\n    return x\n\n\n"
CODE = "def f(x):\n    return 1"


def look_for(kind="call", entry_point="f", prompt="", code="", language="python"):
    cases = (TestCase(code=code) if kind == "assert" else TestCase("", ""),)
    tests = Tests(TestKind(kind), cases, entry_point=entry_point)
    return wanted(Problem("p", prompt, tests=tests), tests, cases, language)


# response -> rule and program, for a function f and a prompt in words
FUNCTIONS = {
    f"```python\n{CODE}\n```": ("entry_fence", CODE),
    f"Sure!\n\n```python\n{CODE}\n```\n\nHope it helps.": ("entry_fence", CODE),
    f"```python\n{CODE}\n```\n\nUse it:\n\n```python\nprint(f(1))\n```": ("entry_fence", CODE),
    f"First try:\n```python\ndef f(x):\n    return 0\n```\nBetter:\n```python\n{CODE}\n```": ("entry_fence", CODE),
    f"~~~\n{CODE}\n~~~": ("entry_fence", CODE),
    f"````py\n{CODE}\n````": ("entry_fence", CODE),
    f"```Python 3\n{CODE}\n```": ("entry_fence", CODE),
    f"```{{.python}}\n{CODE}\n```": ("entry_fence", CODE),
    f"```python\n{CODE}\n``` That is all I have.": ("entry_fence", CODE),
    f"```python\r\n{CODE}\r\n```\r\n".replace("\n    ", "\r\n    "): ("entry_fence", CODE),
    "1. Do this:\n   ```python\n   def f(x):\n       return 1\n   ```\n2. Done": ("entry_fence", CODE),
    f"````markdown\n```python\n{CODE}\n```\n````": ("entry_fence", CODE),
    f"```markdown\n```python\n{CODE}\n```\n```": ("entry_fence", CODE),
    f"```python\n{CODE}\n```\n```output\ndef f(x): nonsense\n```": ("entry_fence", CODE),
    "```python\nclass Solution:\n    def f(self, x):\n        return 1\n```": (
        "entry_fence",
        "class Solution:\n    def f(self, x):\n        return 1",
    ),
    "```python\nf = lambda x: 1\n```": ("entry_fence", "f = lambda x: 1"),
    "```python\nasync def f(x):\n    return 1\n```": ("entry_fence", "async def f(x):\n    return 1"),
    # a fence within a docstring is a part of the program
    "```python\ndef f(x):\n    '''\n    ```\n    f(1)\n    ```\n    '''\n    return 1\n```": (
        "entry_fence",
        "def f(x):\n    '''\n    ```\n    f(1)\n    ```\n    '''\n    return 1",
    ),
    "```python\ndef g(x):\n    return 1\n```": ("language_fence", "def g(x):\n    return 1"),
    "```\nx = 1\n```\n```text\n1\n```": ("fence", "x = 1"),
    "```\nx = 1\n```\n```\nIt prints one\n```": ("fence", "x = 1"),
    f"[PYTHON]\n{CODE}\n[/PYTHON]": ("tags", CODE),
    f"[BEGIN]\n{CODE}\n[DONE]\nmore": ("tags", CODE),
    f"<answer>\n{CODE}\n</answer>": ("tags", CODE),
    f"<code>\n{CODE}\n</code>": ("tags", CODE),
    f"<answer>\n```python\n{CODE}\n```\n</answer>": ("entry_fence", CODE),
    f"```python\n{CODE}\n": ("open_fence", CODE + "\n"),
    CODE: ("bare", CODE),
    f"Here is my solution.\n\n{CODE}\n\nThis works because it returns one.": ("bare", CODE),
    f"import math\nN = 3\n{CODE}": ("bare", f"import math\nN = 3\n{CODE}"),
    "I cannot do that.": None,
    "The answer is 42": None,
    "": None,
    " \n": None,
    "```python\n```": None,
    "```\n\n```": None,
    "```bash\npip install f\n```": None,
}


@pytest.mark.parametrize(("text", "expected"), FUNCTIONS.items())
def test_function(text, expected):
    found = extract(text, look_for(prompt="Write f."))
    assert (found and (found.rule, found.program)) == expected


# response -> rule and program, where the prompt starts the program
CONTINUED = {
    "    return 2\n": ("continuation", PROMPT + "    return 2\n"),
    "return 2\n": ("continuation", PROMPT + "    return 2\n"),
    "y = 1\n    return y": ("continuation", PROMPT + "    y = 1\n    return y"),
    "for y in x:\n        return y\n    return 0": (
        "continuation",
        PROMPT + "    for y in x:\n        return y\n    return 0",
    ),
    "\n    return 2": ("continuation", PROMPT + "\n    return 2"),
    "```python\n    return 2\n```": ("body_fence", PROMPT + "    return 2"),
    f"```python\n{CODE}\n```": ("entry_fence", f"{HEAD}{CODE}"),
    f"```python\n{PROMPT}    return 2\n```": ("entry_fence", f"{PROMPT}    return 2"),
    CODE: ("bare", f"{HEAD}{CODE}"),
    f"```python\nfrom __future__ import annotations\n{CODE}\n```": (
        "entry_fence",
        f"from __future__ import annotations\n{HEAD}from __future__ import annotations\n{CODE}",
    ),
    "I am sorry, I cannot.": None,
}


@pytest.mark.parametrize(("text", "expected"), CONTINUED.items())
@pytest.mark.parametrize(
    "prompt", [PROMPT, f"Complete this:\n```python\n{PROMPT}```\n", f"Complete this function.\n\n{PROMPT}"]
)
def test_continuation_of_the_prompt(text, expected, prompt):
    found = extract(text, look_for(prompt=prompt))
    assert (found and (found.rule, found.program)) == expected


def test_prompt_of_messages_and_an_open_fence():
    prompt = (Message("system", "def f(x): no"), Message("user", f"Complete:\n{PROMPT}"))
    tests = Tests(TestKind.ASSERT, (TestCase(code="assert f(1)"),), entry_point="f")
    found = extract("    return 2", wanted(Problem("p", prompt), tests, tests.cases, "python"))
    assert found.program == PROMPT + "    return 2"
    found = extract(f"{CODE}\n```\nThat is it.", look_for(prompt="Write f.\n```python\n"))
    assert (found.rule, found.program) == ("entry_fence", CODE)


def test_names_come_from_asserts_where_there_is_no_entry_point():
    response = f"```python\n{CODE}\n```\nTry it:\n```python\nprint(f(3), set(1))\n```"
    found = extract(response, look_for("assert", None, code="assert set(f(2)) == {1}"))
    assert (found.rule, found.program) == ("entry_fence", CODE)


STREAMS = {
    "```python\nprint(1)\n```": ("language_fence", "print(1)"),
    "```\n1 2\n```\n```py\nprint(1)\n```\n```\n3\n```": ("language_fence", "print(1)"),
    "n = int(input())\nprint(n)": ("bare", "n = int(input())\nprint(n)"),
    "for i in range(3):\n    print(i)": ("bare", "for i in range(3):\n    print(i)"),
    "print(input())": ("bare", "print(input())"),
    "The answer is 3.\nIt is three because of the sum.": None,
    "42": None,
}


@pytest.mark.parametrize(("text", "expected"), STREAMS.items())
def test_program_on_streams(text, expected):
    found = extract(text, look_for("stdin", None, "Read a number."))
    assert (found and (found.rule, found.program)) == expected


def test_other_languages():
    code = "#include <iostream>\nint main() { std::cout << 1; }"
    found = extract(f"```cpp\n{code}\n```\n```python\nprint(1)\n```", look_for("stdin", None, language="cpp"))
    assert found.program == code
    assert extract(code, look_for("stdin", None, language="cpp")).program == code


TRUNCATED = {
    f"```python\n{CODE}\n```\nand so": CODE,
    f"```python\n{CODE}\n```\nand now\n```python\ndef f(x):\n    ret": CODE,
    f"[PYTHON]\n{CODE}\n[/PYTHON]\nand": CODE,
    f"```python\n{CODE}": None,
    CODE: None,
    f"[PYTHON]\n{CODE}": None,
}


@pytest.mark.parametrize(("text", "program"), TRUNCATED.items())
def test_what_was_cut_off_does_not_count(text, program):
    found = extract(text, look_for(), truncated=True)
    assert (found and found.program) == program


MEGABYTE = 1_000_000
HOSTILE = (
    "a", "9", "(", "```python\n", "```\n", "[PYTHON]", "[PYTHON][/PYTHON]", "class Solution\n", "import f ", "def f\n",
    "= 1\n", "a = ", "    f(\n", "'''\n```\n", "@f\n", "\r", "\x00", "~~~\n```\n", "````markdown\n```\n", "<answer>",
    "from f ", "class Solution:\n  def f\n", "f(" , "`", " ",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE, ids=repr)
def test_hostile_text_takes_no_time(unit):
    text = unit * (MEGABYTE // len(unit))
    for look in (look_for(prompt=PROMPT), look_for("stdin", None)):
        started = time.process_time()
        extract(text, look)
        assert time.process_time() - started < 10.0


@pytest.mark.parametrize("entry_point", ["f", "C.m", "C"])
def test_planted_wrong_and_reference_are_found_as_they_are(entry_point):
    look = look_for(entry_point=entry_point, prompt=PROMPT)
    tests = Tests(TestKind.CALL, (TestCase([], 1),), entry_point=entry_point)
    wrong = planted_wrong(tests, look, "class C:\n    pass")
    assert extract(fenced(wrong, "python"), look).program.endswith(wrong)
    tricky = "def f(x):\n    return '''\n```\n'''\nclass C:\n    pass"
    assert extract(fenced(tricky, "python"), look).program.endswith(tricky)
