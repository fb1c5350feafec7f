"""The search itself: what is proposed, dropped, kept and gone back to. Steps are scripted, the verifiers are real."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from search_verifiers import Broken, Wordy

from engine.config import PoolSection
from engine.errors import SamplerError
from engine.pool import Pool
from engine.records import FinishReason, Problem, Rendered, Sample, SampleRequest
from engine.search import StepSearch
from engine.search.tree import MAX_NODES, Node, labelled
from verifiers.math import MathVerifier
from verifiers.steps import StepVerifier

PROBLEM = Problem("p", "What is 2 + 3 + 4?", answer="9")
GOOD, NEXT, BAD = "2 + 3 = 5\n", "5 + 4 = 9\n", "2 + 3 = 6\n"
END = "The answer is \\boxed{9}"


class Script:
    """Proposes what stands in ``steps[prefix]``, one after the other; without ``until``, what ``rollouts`` has there.

    A step of several tokens costs as many as it has words. ``logprobs`` are looked up by step.
    """

    model = "script"

    def __init__(self, steps, rollouts=None, logprobs=None):
        self.steps = {prefix: list(texts) for prefix, texts in steps.items()}
        self.rollouts = {prefix: list(texts) for prefix, texts in (rollouts or {}).items()}
        self.logprobs = logprobs
        self.asked = Counter()
        self.closed = False

    async def stream(self, request):
        await asyncio.sleep(0)
        for index, seed in zip(request.indices, request.seeds, strict=True):
            self.asked[request.prefix] += 1
            queue = (self.steps if request.until else self.rollouts)[request.prefix]
            made = queue.pop(0) if queue else FinishReason.ERROR
            finish, text = (made, "") if isinstance(made, FinishReason) else (FinishReason.STOP, made)
            if text.endswith("…"):
                finish = FinishReason.LENGTH
            text = "" if finish is FinishReason.ERROR else request.prefix + text
            logprob = self.logprobs.get(made, -1.0) if self.logprobs is not None else None
            tokens = len(str(made).split())
            yield Sample("p", index, text, finish, tokens=tokens, logprob_sum=logprob, model="script", seed=seed)

    async def close(self):
        self.closed = True


@pytest.fixture(scope="module")
def runner():
    """One event loop and one pool for all: a process takes longer to start than a test."""
    with asyncio.Runner() as made:
        verifiers = {"steps": StepVerifier(), "math": MathVerifier(), "wordy": Wordy(), "broken": Broken()}

        async def start():
            return Pool(verifiers, PoolSection(workers=1))

        pool = made.run(start())
        yield made, pool
        made.run(pool.close())


class Renamed:
    """The shared pool under the names that a search uses."""

    def __init__(self, pool, names):
        self.pool, self.names = pool, names

    async def verify(self, name, problem, sample):
        return await self.pool.verify(self.names[name], problem, sample)


@pytest.fixture
def search(runner):
    loop, pool = runner

    def run(script, *, checker="steps", scorer=None, prompt=None, **options):
        made = StepSearch(script, StepVerifier(), Wordy() if scorer else None, **options)
        made._pool = Renamed(pool, {"checker": checker, "scorer": scorer})
        request = SampleRequest(PROBLEM, prompt or Rendered(text="?"), (0,), (7,))

        async def first():
            return [sample async for sample in made.stream(request)]

        (sample,) = loop.run(first())
        return sample

    return run


def states(sample):
    return [row["state"] for row in sample.lineage["tree"]]


def test_refuted_steps_are_proposed_again_and_paid_for(search):
    script = Script({"": [BAD, GOOD, "never asked"], GOOD: [NEXT], GOOD + NEXT: [END]})
    sample = search(script)
    assert sample.text == GOOD + NEXT + END
    assert sample.finish_reason == FinishReason.STOP
    assert (sample.model, sample.seed, sample.reasoning) == ("script", 7, None)
    assert states(sample) == ["refuted", "chosen", "chosen", "chosen"]
    assert sample.tokens == 5 + 5 + 5 + 4
    assert sample.lineage["text_tokens"] == 5 + 5 + 4
    assert sample.lineage["search"] == {"rank": "first", "k": 4, "beams": 1}
    refuted, chosen, *_ = sample.lineage["tree"]
    assert (refuted["parent"], refuted["text"], refuted["verdict"]) == (None, BAD, "refuted")
    assert "right: 6" in refuted["reason"]
    assert (chosen["parent"], chosen["verdict"]) == (None, "supported")
    assert sample.lineage["path"] == [1, 2, 3]
    assert script.asked[""] == 2  # one at a time


def test_a_step_in_other_words_is_no_duplicate_but_one_in_other_case_is(search):
    script = Script({"": ["so 2 + 3  = 6\n", "So 2 + 3 = 6\n", "Thus 2 + 3 = 6\n", END]})
    assert states(search(script)) == ["refuted", "duplicate", "refuted", "chosen"]


def test_without_a_sound_step_it_backs_up_and_asks_afresh(search):
    script = Script({"": ["We add.\n", GOOD], "We add.\n": [BAD, BAD], GOOD: [END]})
    sample = search(script, k=2)
    assert sample.text == GOOD + END
    assert states(sample) == ["dead_end", "refuted", "duplicate", "chosen", "chosen"]


def test_it_backs_up_from_the_first_step_too(search):
    assert search(Script({"": [BAD, BAD, END]}), k=2).text == END


def test_a_search_that_cannot_go_on_gives_its_longest_sound_beginning_as_cut(search):
    script = Script({"": [GOOD, "Hm.\n", BAD], GOOD: ["5 + 4 = 8\n"] * 3, "Hm.\n": [BAD] * 3})
    sample = search(script, k=1, backups=1)
    assert sample.finish_reason == FinishReason.LENGTH
    assert sample.text == GOOD.rstrip()
    assert states(sample) == ["chosen", "refuted", "dead_end", "refuted"]
    nothing = search(Script({"": [BAD] * 8}), backups=1)
    assert (nothing.text, nothing.finish_reason) == ("", FinishReason.LENGTH)
    assert nothing.tokens == 8 * 5


def test_cut_steps_and_errors_of_the_base_are_dropped(search):
    script = Script({"": ["a step without end…", FinishReason.ERROR, END]})
    sample = search(script)
    assert sample.text == END
    assert states(sample) == ["cut", "error", "chosen"]


def test_only_errors_make_an_error(search):
    sample = search(Script({"": []}))
    assert (sample.finish_reason, sample.text, sample.lineage["path"]) == (FinishReason.ERROR, "", [])


def test_best_keeps_the_best_and_goes_back_to_the_second_best_for_nothing(search):
    first = ["a *\n", "b **\n", "c ***\n"]
    script = Script({"": first, "c ***\n": [BAD, BAD, BAD], "b **\n": [END, "no.\n", "no!\n"]})
    sample = search(script, rank="scorer", scorer="wordy", k=3)
    assert sample.text == "b **\n" + END
    assert script.asked[""] == 3
    assert states(sample)[:3] == ["outranked", "chosen", "dead_end"]
    assert [row["score"] for row in sample.lineage["tree"]][:3] == [0.1, 0.2, 0.3]


def test_beams_go_on_side_by_side_and_the_best_complete_one_is_the_sample(search):
    script = Script(
        {
            "": ["a *\n", "b **\n", "c\n"],
            "a *\n": [f"{END} ****", BAD, "x\n"],
            "b **\n": [f"{END} *", "y **\n", BAD],
            "b **\ny **\n": [f"{END} ***", BAD, BAD],
        }
    )
    sample = search(script, rank="scorer", scorer="wordy", k=3, beams=2)
    assert sample.text == f"b **\ny **\n{END} ***"
    assert Counter(states(sample)) == {"chosen": 3, "open": 2, "outranked": 3, "refuted": 3, "duplicate": 1}


def test_an_outranked_complete_response_is_better_than_none(search):
    script = Script({"": [END, "a *\n"], "a *\n": [BAD, BAD]})
    sample = search(script, rank="scorer", scorer="wordy", k=2, backups=0)
    assert (sample.text, sample.finish_reason) == (END, FinishReason.STOP)


def test_rollouts_value_a_step_by_the_completions_that_pass(search):
    wrong = "The answer is \\boxed{8}"
    script = Script(
        {"": ["a\n", "b\n"], "b\n": [wrong, END]},
        {"a\n": [f"a\n{wrong}", f"a\n{wrong}", f"a\n{END}"], "b\n": [f"b\n{END}", f"b\n{END}", f"b\n{wrong}"]},
    )
    sample = search(script, rank="rollouts", scorer="math", k=2, rollouts=3)
    assert sample.text == f"b\n{END}"
    rows = sample.lineage["tree"]
    assert [row.get("rollouts") for row in rows] == [[1, 3], [2, 3], None, None]
    assert [row["score"] for row in rows] == [0.333333, 0.666667, 0.0, 1.0]
    assert sample.tokens == 1 + 1 + 6 * 5 + 4 + 4  # rollouts too
    assert sample.lineage["text_tokens"] == 1 + 4


def test_log_probabilities_rank_by_the_mean_and_decide_between_equals(search):
    steps = {"": ["a b\n", "c d e f\n"], "c d e f\n": [END, END]}
    logprobs = {"a b\n": -2.0, "c d e f\n": -3.0, END: -4.0}
    for rank in ("logprob", "checker"):
        sample = search(Script(steps, logprobs=logprobs), rank=rank, k=2)
        assert sample.text == "c d e f\n" + END
        assert sample.logprob_sum == -7.0
    with pytest.raises(SamplerError, match=r"sampler\.base\.params\.logprobs=true"):
        search(Script(steps), rank="logprob", k=2)


def test_an_error_of_the_checker_rejects_nothing(search):
    sample = search(Script({"": ["hang\n"], "hang\n": [END]}), checker="broken")
    assert sample.text == f"hang\n{END}"
    assert [row["verdict"] for row in sample.lineage["tree"]] == ["unchecked", "unchecked"]
    assert "deadline" in sample.lineage["tree"][0]["reason"]


def test_a_verifier_that_fails_a_response_refutes_its_step(search):
    """Any verifier may check, also one without marks on steps."""
    sample = search(Script({"": ["The answer is \\boxed{7}", "Hm.\n"], "Hm.\n": [END]}), checker="math")
    assert sample.text == f"Hm.\n{END}"
    assert states(sample) == ["refuted", "chosen", "chosen"]


def test_a_box_ends_the_search_outside_the_thought_only(search):
    thought = ["<think>\n2 + 3 = 5\n", "maybe \\boxed{8}\n", "5 + 4 = 9\n</think>\n", f"{END}.\n", "more"]
    steps = {"".join(thought[:at]): [text] for at, text in enumerate(thought)}
    sample = search(Script(steps))
    assert sample.reasoning == "2 + 3 = 5\nmaybe \\boxed{8}\n5 + 4 = 9"
    assert sample.text == f"{END}."
    assert [row["verdict"] for row in sample.lineage["tree"]][:3] == ["supported", "unchecked", "supported"]


def test_a_refuted_thought_is_dropped(search):
    sample = search(Script({"": [f"<think>\n{BAD}", f"<think>\n{GOOD}"], f"<think>\n{GOOD}": [f"</think>\n{END}"]}))
    assert sample.reasoning == GOOD.strip()
    assert states(sample) == ["refuted", "chosen", "chosen"]


def test_an_unclosed_thought_is_cut(search):
    sample = search(Script({"": ["<think>\n", "x"], "<think>\n": ["for ever"]}))
    assert (sample.text, sample.reasoning, sample.finish_reason) == ("", "for ever", FinishReason.LENGTH)


def test_a_box_within_an_open_display_is_not_the_end(search):
    script = Script({"": ["\\[\n"], "\\[\n": ["\\boxed{9}\n"], "\\[\n\\boxed{9}\n": ["\\]"]})
    assert search(script).text == "\\[\n\\boxed{9}\n\\]"


def test_blank_lines_are_no_steps_of_their_own(search):
    script = Script({"": [GOOD], GOOD: ["\n"], GOOD + "\n": [NEXT], GOOD + "\n" + NEXT: [END]})
    sample = search(script)
    assert sample.text == GOOD + "\n" + NEXT + END
    assert [row["text"] for row in sample.lineage["tree"]] == [GOOD, "\n" + NEXT, END]


def test_max_steps_ends_a_response(search):
    steps = {"".join(f"line {at}\n" for at in range(count)): [f"line {count}\n"] for count in range(9)}
    sample = search(Script(steps), max_steps=5)
    assert sample.finish_reason == FinishReason.LENGTH
    assert sample.text.splitlines() == [f"line {at}" for at in range(5)]


def test_a_large_tree_keeps_its_path_and_what_stands_beside_it():
    root = Node(-1)
    left, right = Node(0, root, "left"), Node(1, root, "right")
    far = [Node(2 + at, right, f"right {at}") for at in range(MAX_NODES)]
    path = [left, Node(5000, left, "left on")]
    kept = labelled([left, right, *far, path[1], Node(5001, left, "left beside")], path)
    assert kept["left_out"] == 4
    assert [row["id"] for row in kept["tree"]] == [0, 1, *range(2, MAX_NODES - 2), 5000, 5001]
    assert kept["path"] == [0, 5000]


def test_hostile_text_survives(search):
    """Lone surrogates and a step of a hundred thousand characters."""
    long = "((((" * 25_000 + "\n"
    sample = search(
        Script({"": ["2 + 3 = 5 \ud800\n"], "2 + 3 = 5 \ud800\n": [long], f"2 + 3 = 5 \ud800\n{long}": [END]})
    )
    assert sample.finish_reason == FinishReason.STOP
    assert all(len(row["text"]) <= 2000 for row in sample.lineage["tree"])
    replace(sample, text="").lineage["tree"][0]["text"].encode()
