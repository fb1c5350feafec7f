"""What selectors compare of a sample."""

import unicodedata
from collections.abc import Sequence

from engine.errors import ConfigError
from engine.records import Sample


def compared(sample: Sample, compare: str) -> tuple[str, str]:
    """Reasoning and text; the reasoning is empty where ``text`` alone is compared."""
    return (sample.reasoning or "") if compare == "all" else "", sample.text


def normal(text: str) -> str:
    """One form for texts that look the same: composed letters, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def check_option(key: str, value: str, options: Sequence[str]) -> None:
    """Raise ``ConfigError`` unless the value is one of the options."""
    if value not in options:
        raise ConfigError(f"{key} is {value!r}: give one of {', '.join(options)}")
