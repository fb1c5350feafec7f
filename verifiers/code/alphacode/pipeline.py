"""AlphaCode's procedure for one problem and all its samples (Li et al. 2022), with tests made on the way.

Filter by the public tests; make inputs; let the programs that are left agree on outputs; keep the tests that kill a
program or a mutant; cluster by behaviour and pick submissions. Everything that ran is kept in a store, so the same
call goes on where it was killed, and ends with the same result.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from engine.codec import content_id, derive_seed
from engine.errors import ConfigError
from engine.protocols import Sandbox
from engine.records import FinishReason, Limits, Problem, Program, Rendered, Sample, TestCase, TestKind, Tests
from verifiers.code.alphacode.behaviour import Table, clusters
from verifiers.code.alphacode.generator import ask, generated
from verifiers.code.alphacode.inputs import mutated
from verifiers.code.alphacode.mutants import mutants
from verifiers.code.alphacode.normal import identity
from verifiers.code.alphacode.report import Labels, Suite, problem_row, submission_rows, test_rows
from verifiers.code.alphacode.run import COSTLY, Candidate, Runner, SandboxFaultError
from verifiers.code.alphacode.store import Outcome, Store
from verifiers.code.alphacode.strength import cover
from verifiers.code.alphacode.subject import Subject, subject_of
from verifiers.code.alphacode.tests_made import Made, Rule, killed_by, make
from verifiers.code.checker import Checker, CheckerError
from verifiers.code.compare import read_rule
from verifiers.code.extract import extract
from verifiers.code.judge import ACCEPTED, Judge
from verifiers.code.names import wanted

PROBES = 2
MOST_COSTLY = 10
"""Time-outs of a probe."""
SOURCES = 3
"""Right programs that mutants are made of, at most."""


@dataclass
class AlphaCode:
    """Filters, makes tests, clusters and picks, for one problem at a time."""

    sandbox: Sandbox
    """Where programs, mutants and generators run; the configuration's ``sandbox``."""
    language: str = "python"
    """Language of the samples."""
    limits: Limits = field(default_factory=lambda: Limits(cpu_s=2.0, wall_s=6.0))
    """Per input, where the problem's tests give none."""
    input_cpu_s: float = 1.0
    """CPU seconds on an input that was made, if that is less: keeps inputs small, and mutants that never end cheap."""
    inputs: int = 60
    """Inputs made by mutation."""
    seeds: int = 20
    """Inputs asked of each generator that a model wrote."""
    mutants: int = 40
    """Mutants that measure the tests' strength."""
    agreement: float = 0.7
    """Share of the programs' votes that an output needs to be taken for right."""
    margin: float = 0.5
    """Its lead over the runner-up, as a share of the votes."""
    programs: int = 3
    """Distinct programs that must give it."""
    use_reference: bool = True
    """Let a problem's reference solution decide in place of the programs' votes."""
    max_tests: int = 20
    """Tests kept per problem."""
    kills: int = 3
    """Tests that each killable program and mutant should fail."""
    submissions: int = 10
    """Programs picked."""
    draws: int = 200
    """Random subsets of k samples for n@k."""
    seed: int = 0
    """Of mutations and subsets."""

    operational: ClassVar[tuple[str, ...]] = ("sandbox",)

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        for name in ("inputs", "seeds", "mutants", "max_tests"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}: give 0 or more")
        for name in ("programs", "kills", "submissions", "draws"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}: give 1 or more")
        for name in ("agreement", "margin"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}: give a share from 0 to 1")
        if self.input_cpu_s <= 0:
            raise ConfigError(f"input_cpu_s is {self.input_cpu_s}: it must be more than 0")

    def ask(self, problem: Problem) -> Rendered | None:
        """What a model is asked for a generator of inputs; None for a problem without tests."""
        subject = subject_of(problem)
        return None if subject is None else ask(problem, subject)

    def analyse(
        self,
        problem: Problem,
        samples: Sequence[Sample],
        accepted: Mapping[int, bool | None],
        generators: Sequence[str],
        directory: str,
    ) -> dict[str, Any]:
        """``{"problem": row, "tests": rows, "submissions": rows}``, plain JSON values.

        ``accepted[index]`` is what all tests say of a sample (None: unknown); it is reported, never used.
        ``generators`` are a model's responses to ``ask``; ``directory`` keeps what ran. A fault of ours gives a row
        with ``error``. Raises ``SandboxUnavailableError``.
        """
        subject = subject_of(problem)
        if subject is None:
            return {"problem": {"problem_id": problem.id, "skipped": "no_tests"}, "tests": [], "submissions": []}
        asked = (problem.tests, problem.prompt, self.limits, self.input_cpu_s, self.language)
        path = Path(directory) / f"{content_id(problem.id, asked)}.jsonl"
        try:
            with Store(path) as store:
                return _Problem(self, problem, subject, store).analyse(samples, accepted, generators)
        except (SandboxFaultError, CheckerError, ValueError) as error:
            row = {"problem_id": problem.id, "error": f"{type(error).__name__}: {error}"[:500]}
            return {"problem": row, "tests": [], "submissions": []}

    def close(self) -> None:
        """End the sandbox's processes. Safe to call twice."""
        self.sandbox.close()


class _Problem:
    """One call of ``AlphaCode.analyse``."""

    def __init__(self, options: AlphaCode, problem: Problem, subject: Subject, store: Store) -> None:
        self._options = options
        self._problem = problem
        self._subject = subject
        self._runner = Runner(options.sandbox, subject, store, options.language)
        self._store = store
        self._limits = subject.tests.limits or options.limits
        self._brief = replace(self._limits, cpu_s=min(self._limits.cpu_s, options.input_cpu_s))
        self._rng = random.Random(derive_seed(options.seed, problem.id, 0))

    def analyse(
        self, samples: Sequence[Sample], accepted: Mapping[int, bool | None], generators: Sequence[str]
    ) -> dict[str, Any]:
        found = {sample.index: self._candidate(sample) for sample in samples}
        distinct = {c.key: c for c in found.values() if c is not None}
        survivors = {key: c for key, c in distinct.items() if self._passes(c, self._public(), "public", self._limits)}
        labels = Labels({i: None if c is None else c.key for i, c in found.items()}, dict(accepted))
        reference = self._reference()
        table, outcomes, origins = self._behaviour(survivors, reference, generators)
        voters = {key: table.rows[key] for key in survivors}
        grouped = clusters(voters, Counter(key for key in labels.programs.values() if key in survivors))
        rule = Rule(self._options.agreement, self._options.margin, self._options.programs)
        made = make(self._subject, table, voters, outcomes, rule=rule, reference=reference.key if reference else None)
        self._forgive(made, table, survivors)
        best = [survivors[key] for cluster in grouped[:1] for key in _shortest(cluster.programs, survivors)]
        suite = self._suite(made, [reference] if reference else best)
        lengths = {key: len(candidate.source) for key, candidate in survivors.items()}
        options = self._options
        draw = {
            "n": options.submissions,
            "draws": options.draws,
            "seed": derive_seed(options.seed, self._problem.id, 1),
        }
        row = problem_row(self._problem.id, labels, voters, grouped, suite, lengths=lengths, **draw)
        row |= {"distinct": len(distinct), "public_tests": len(self._public()), "reference": reference is not None}
        row["inputs"] = dict(Counter(origins[text] for text in table.inputs))
        submissions = submission_rows(self._problem.id, labels, grouped, survivors, n=options.submissions)
        return {
            "problem": row,
            "tests": test_rows(self._problem.id, self._subject, suite.kept, origins),
            "submissions": submissions,
        }

    # programs

    def _candidate(self, sample: Sample) -> Candidate | None:
        text = sample.text.encode("utf-8", "replace").decode("utf-8")
        look_for = wanted(self._problem, self._subject.tests, self._subject.tests.cases, self._options.language)
        found = extract(text, look_for, truncated=sample.finish_reason == FinishReason.LENGTH)
        return None if found is None else self._as_candidate(found.program)

    def _as_candidate(self, source: str) -> Candidate:
        return Candidate(identity(source, self._options.language), source)

    def _reference(self) -> Candidate | None:
        """The reference solution, when it is to be used and passes the public tests."""
        source = self._problem.reference_solution
        if not self._options.use_reference or not source:
            return None
        candidate = self._as_candidate(source)
        return candidate if self._passes(candidate, self._public(), "public", self._limits) else None

    def _public(self) -> tuple[TestCase, ...]:
        if self._subject.kind is TestKind.ASSERT:
            return tuple(TestCase(code=block) for block in self._subject.blocks)
        return tuple(case for case in self._subject.tests.cases if not case.hidden)

    def _passes(self, candidate: Candidate, cases: Sequence[TestCase], name: str, limits: Limits) -> bool:
        known = self._store.get(candidate.key, f"tests {name}")
        if known is None:
            known = Outcome("OK" if self._judge(candidate, cases, limits) else "NONZERO")
            self._store.put(candidate.key, f"tests {name}", known)
            self._store.flush()
        return known.ok

    def _judge(self, candidate: Candidate, cases: Sequence[TestCase], limits: Limits) -> bool:
        tests: Tests = self._subject.tests
        rule = read_rule("exact" if tests.kind is TestKind.ASSERT else tests.checker)
        sandbox, language = self._options.sandbox, self._options.language
        program = Program(candidate.source, language, tests.entry_point)
        judge = Judge(
            sandbox, program, tests.kind, cases, rule or Checker(tests.checker, sandbox, self._limits), limits
        )
        for outcome in judge.outcomes():
            if outcome.code == "sandbox":
                raise SandboxFaultError(f"the sandbox failed: {outcome.result.detail[:200]}")
            if outcome.code != ACCEPTED:
                return False
        return True

    # inputs and behaviour

    def _behaviour(
        self, survivors: Mapping[str, Candidate], reference: Candidate | None, generators: Sequence[str]
    ) -> tuple[Table, dict[str, list[Outcome]], dict[str, str]]:
        """The table of valid inputs with the outcomes behind it, and where each input is from.

        Inputs are made in two rounds: from the known ones, then from those that proved valid. What programs give after
        other inputs is tried again alone where it differs from what most give.
        """
        options, known = self._options, list(self._subject.known)
        origins = dict.fromkeys(known, "known")
        if not survivors and reference is None:
            return Table([], {}, []), {}, origins
        asked = generated(self._subject, generators, options.sandbox, self._limits, self._store, seeds=options.seeds)
        origins |= {text: "generator" for text in asked if text not in origins}
        first = mutated(self._subject, list(origins), options.inputs // 2, self._rng, ())
        origins |= dict.fromkeys(first, "mutated")
        table, _ = self._table(list(origins), survivors, reference)
        rest = options.inputs - len(first)
        more = mutated(self._subject, table.inputs or known, rest, self._rng, list(origins))
        origins |= dict.fromkeys(more, "mutated")
        table, outcomes = self._table([*table.inputs, *more], survivors, reference)
        return table, outcomes, origins

    def _table(
        self, inputs: list[str], survivors: Mapping[str, Candidate], reference: Candidate | None
    ) -> tuple[Table, dict[str, list[Outcome]]]:
        programs = dict(survivors) | ({reference.key: reference} if reference else {})
        inputs = self._affordable(inputs, list(programs.values())[:PROBES])
        outcomes = {key: self._runner.outcomes(c, inputs, self._brief) for key, c in programs.items()}
        table = Table.of(self._subject, inputs, outcomes)
        for key, candidate in programs.items():
            odd = next((i for i in table.odd(key) if outcomes[key][i].ok), None)  # what failed was run again alone
            if odd is not None and self._runner.depends_on_others(candidate, inputs[odd], self._brief):
                outcomes[key] = self._runner.outcomes(candidate, inputs, self._brief)
        table = Table.of(self._subject, inputs, outcomes)
        columns = table.valid(reference.key if reference else None)
        return table.only(columns), {key: [found[i] for i in columns] for key, found in outcomes.items()}

    def _affordable(self, inputs: list[str], probes: Sequence[Candidate]) -> list[str]:
        """Without the inputs that are too much for the first programs, before all the others try them."""
        tried = [
            self._runner.outcomes(probe, inputs, self._brief, costly=MOST_COSTLY, crashes=len(inputs) + 1)
            for probe in probes
        ]
        fine = [any(outcomes[i].status not in (*COSTLY, "SKIPPED") for outcomes in tried) for i in range(len(inputs))]
        return [text for text, good in zip(inputs, fine, strict=True) if good]

    # tests

    def _forgive(self, made: Sequence[Made], table: Table, survivors: Mapping[str, Candidate]) -> None:
        """A program that is slow within the problem's own limits fails no test by that."""
        for key, candidate in survivors.items():
            slow = [test for test in made if table.rows[key][test.agreed.column] == "TIMEOUT"]
            if slow and not self._runner.times_out(candidate, slow[0].input, self._limits):
                for test in slow:
                    test.survivors.discard(key)

    def _suite(self, made: list[Made], right: Sequence[Candidate]) -> Suite:
        """Run mutants of the right programs, keep the tests that kill, and count."""
        options, subject = self._options, self._subject
        right = right[:SOURCES] if options.language == "python" else ()
        found: dict[str, Candidate] = {}
        for number, source in enumerate(right):
            share = -(-options.mutants // len(right))
            for text in mutants(source.source, share, derive_seed(options.seed, self._problem.id, 2 + number)):
                candidate = self._as_candidate(text)
                found.setdefault(candidate.key, candidate)
        mutated_programs = list(found.values())[: options.mutants]
        own = [case for case in subject.tests.cases if case.hidden]
        killed_by_public, killed_by_own = set[str](), set[str]()
        for candidate in mutated_programs:
            if not self._passes(candidate, self._public(), "public", self._brief):
                killed_by_public.add(candidate.key)
            elif not self._passes(candidate, own, "own", self._brief):
                killed_by_own.add(candidate.key)
        killed_by_own |= killed_by_public
        for candidate in mutated_programs:
            outcomes = self._runner.outcomes(candidate, [test.input for test in made], self._brief)
            for test, outcome in zip(made, outcomes, strict=True):
                if killed_by(subject, test, outcome):
                    test.mutants.add(candidate.key)
        kills = {i: test.survivors | test.mutants for i, test in enumerate(made)}
        kept = [made[i] for i in cover(kills, options.max_tests, options.kills)]
        return Suite([c.key for c in mutated_programs], killed_by_public, killed_by_own, made, kept)


def _shortest(keys: Sequence[str], programs: Mapping[str, Candidate]) -> list[str]:
    return sorted(keys, key=lambda key: len(programs[key].source))
