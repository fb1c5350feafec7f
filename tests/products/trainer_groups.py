"""Two problems for the loaders of other trainers: system prompt, reasoning, a wrong sample, marked steps."""

from product_rows import group, made, marks

from engine.records import Message, Rendered, Status, Verdict

P, F = Status.PASS, Status.FAIL
ASKED = Rendered(messages=(Message("system", "Add."), Message("user", "2+2?")))
RIGHT, WRONG = "It is 4.", "It is 5."
REASONED = f"<think>\n2 and 2\n</think>\n\n{RIGHT}"


def groups():
    math = Verdict(P, answer="4", verifier="math", version="1")
    steps = Verdict(P, verifier="steps", version="1", steps=marks(RIGHT, "supported"))
    for name in ("a", "b"):
        yield group(
            name,
            lambda p: made(p, 0, P, RIGHT, prompt=ASKED, mode="think", reasoning="2 and 2", verdicts=(math,)),
            lambda p: made(p, 1, P, RIGHT, prompt=ASKED, mode="no_think", verdicts=(math, steps)),
            lambda p: made(p, 2, F, WRONG, prompt=ASKED),
        )
