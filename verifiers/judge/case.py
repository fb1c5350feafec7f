"""How texts of others are put before a judge: delimited by a code that they cannot hold, and without control tokens.

The code is a hash of all that is shown, so it cannot stand in it but by finding a fixed point of the hash; the judge
must repeat it, so a verdict that was written into a sample and parroted is no answer.
"""

import hashlib
from dataclasses import dataclass

from verifiers.endpoint import CONTROL, sendable

JOINER = "\u2060"
"""An invisible character; put into a control token it makes ordinary text of it."""


@dataclass(frozen=True)
class Case:
    """What is shown to a judge."""

    parts: tuple[tuple[str, str], ...]
    """Name and text, such as ``("RESPONSE", …)``; the texts as they are sent."""
    code: str
    """Twelve hexadecimal digits."""
    disarmed: int
    """Control tokens of chat templates that were made ordinary text."""

    @classmethod
    def of(cls, **texts: str) -> "Case":
        """The case of these texts, in their order; names in lower case."""
        parts, disarmed = [], 0
        for name, text in texts.items():
            clean, count = CONTROL.subn(lambda found: found[0] + JOINER, sendable(text))
            parts.append((name.upper(), clean))
            disarmed += count
        whole = "\x00".join(f"{name}\x00{text}" for name, text in parts)
        return cls(tuple(parts), hashlib.blake2b(whole.encode(), digest_size=6).hexdigest(), disarmed)

    def shown(self) -> str:
        """All parts between their markers."""
        code = self.code
        return "\n\n".join(
            f"===== {name} {code} =====\n{text}\n===== END OF {name} {code} =====" for name, text in self.parts
        )
