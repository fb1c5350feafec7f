"""What the benchmark of ``proofstill locate`` counts, and the methods that it compares."""

from dataclasses import dataclass, field

from engine.locate.methods import Bayes, Binary, Linear, Method
from engine.locate.posterior import Solution

METHODS: dict[str, Method] = {
    "linear k=8": Linear(8),
    "linear k=16": Linear(16),
    "binary k=8": Binary(8),
    "bayes": Bayes(),
    "bayes, waves of 4": Bayes(wave=4),
    "bayes, sure at .99": Bayes(confidence=0.99),
}
DRAWS = 8
BLOCK = 50


@dataclass
class Score:
    """Adds up what a method did."""

    exact: list[bool] = field(default_factory=list)
    guessed: list[bool] = field(default_factory=list)
    named: int = 0
    rollouts: int = 0
    tokens: int = 0
    brier: list[float] = field(default_factory=list)

    def add(self, method: Method, solution: Solution, first: int) -> None:
        """Count one solution whose first wrong step is ``first``."""
        found = method.conclude(solution)
        best = max(range(solution.steps), key=lambda j: found.belief.first[j])
        self.named += found.first is not None
        self.exact.append(found.first == first)
        self.guessed.append((best if isinstance(method, Bayes) else found.first) == first)
        self.rollouts += sum(solution.asked)
        self.brier += [(value - (step < first)) ** 2 for step, value in enumerate(found.clean)]

    def cells(self) -> list[str]:
        """For a row of the table."""
        n, guessed = len(self.exact), sum(self.guessed)
        low, high = interval(self.guessed)
        return [
            f"{guessed / n:.3f} ({low:.2f}-{high:.2f})",
            f"{sum(self.exact) / self.named if self.named else 0:.3f} of {self.named / n:.2f}",
            f"{self.rollouts / n:.1f}",
            f"{self.tokens / n:.0f}" if self.tokens else "–",
            f"{sum(self.brier) / len(self.brier):.3f}",
            f"{100 * guessed / max(self.rollouts, 1):.1f}",
        ]


HEAD = ["exact, best guess (95 %)", "exact of those it names", "rollouts", "tokens", "Brier", "exact per 100 rollouts"]


def interval(hits: list[bool]) -> tuple[float, float]:
    """Wilson score interval."""
    n, share, z = len(hits), sum(hits) / len(hits), 1.96
    half = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return tuple((share + z * z / (2 * n) + sign * half) / (1 + z * z / n) for sign in (-1, 1))


def table(title: str, rows: dict[str, Score]) -> None:
    print(f"\n{title}\n\n| method | {' | '.join(HEAD)} |\n|---{'|---' * len(HEAD)}|")
    for name, score in rows.items():
        print(f"| {name} | {' | '.join(score.cells())} |", flush=True)
