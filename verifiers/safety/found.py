"""Secrets and personal data in a text: what, where, and no more of it than a person needs to find it."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# detectors that go by entropy or by a word such as "password" beside any value, that find addresses of machines, or
# long words in capitals
_VAGUE = (
    "Base64HighEntropyString",
    "HexHighEntropyString",
    "KeywordDetector",
    "IPPublicDetector",
    "ArtifactoryDetector",
)
# what came after detect-secrets 1.5: keys of Anthropic, OpenAI, Google, GitHub, Hugging Face
_NEWER = re.compile(
    r"(?<![\w-])(?:sk-ant-[\w-]{20,200}|sk-(?:proj|svcacct|admin)-[\w-]{40,200}|AIza[\w-]{35}"
    r"|github_pat_\w{50,200}|hf_[A-Za-z]{30,60})(?![\w-])"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@-])")
# RFC 2606 and 6761: nobody's
_RESERVED = re.compile(r"(?:^|[.@])(?:example\.(?:com|net|org)|example|test|invalid|localhost|local)$", re.IGNORECASE)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_SSN = re.compile(r"(?<![\w-])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![\w-])")
_CARD = re.compile(
    r"(?<![\w.-])(?:[0-9]{4}(?:[ -]?[0-9]{4}){2}[ -]?[0-9]{1,7}|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5})(?![\w-])"
)
_ISSUER = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|5|4[4-9])|35|62")
_ABOUT_CARDS = re.compile(r"\b(?:card|visa|mastercard|amex|american express|cvv|cvc|credit|debit)\b", re.IGNORECASE)
PIECE, OVERLAP = 4000, 600
"""Characters that detectors of secrets get at once, and that pieces of one line share."""
NEAR = 60
"""Characters before and behind an ungrouped number in which a word about cards must stand."""


@dataclass(frozen=True)
class Found:
    """One piece of private data; ``start`` and ``end`` are characters of the text that was read."""

    kind: str
    what: str
    """The detector."""
    start: int
    end: int
    hint: str
    """Its first and last characters."""


def secrets(text: str) -> Iterator[Found]:
    """Keys and tokens of a known form, as detect-secrets finds them. Placeholders and sequences are none."""
    from detect_secrets.filters.heuristic import is_sequential_string, is_templated_secret

    for offset, piece in _pieces(text):
        for detector in _detectors():
            values = {str(value) for value in detector.analyze_string(piece)}
            values = {v for v in values if v and not is_sequential_string(v) and not is_templated_secret(v)}
            # the values may be groups of the matches, such as a prefix
            matches = (match for regex in detector.denylist if values for match in regex.finditer(piece))
            for match in matches:
                if any(value in match[0] for value in values):
                    start, end = match.span()
                    yield Found("secret", detector.secret_type, offset + start, offset + end, hint(match[0]))
    for match in _NEWER.finditer(text):
        yield _found(match, "secret", "API key")


def emails(text: str) -> Iterator[Found]:
    """Addresses outside the domains that are reserved for examples."""
    for match in _EMAIL.finditer(text):
        if not _RESERVED.search(match[0]):
            yield _found(match, "email", "address")


def phones(text: str, region: str | None) -> Iterator[Found]:
    """Numbers that the numbering plans allow (phonenumbers); without a ``region`` only those with a country code."""
    import phonenumbers

    for match in phonenumbers.PhoneNumberMatcher(text, region):
        yield Found("phone", region or "international", match.start, match.end, hint(match.raw_string))


def cards(text: str) -> Iterator[Found]:
    """Card numbers: an issuer's prefix and the check digit (Luhn), grouped as on the card or beside a word for it."""
    from stdnum import luhn

    for match in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", match[0])
        if 13 <= len(digits) <= 19 and _ISSUER.match(digits) and luhn.is_valid(digits):
            around = text[max(0, match.start() - NEAR) : match.end() + NEAR]
            if len(digits) < len(match[0]) or _ABOUT_CARDS.search(around):
                yield _found(match, "card", "Luhn")


def ibans(text: str) -> Iterator[Found]:
    """Account numbers with right check digits and the length of their country."""
    from stdnum import iban

    for match in _IBAN.finditer(text):
        if iban.is_valid(match[0]):
            yield _found(match, "iban", match[0][:2])


def ssns(text: str) -> Iterator[Found]:
    """Social security numbers of the United States."""
    from stdnum.us import ssn

    for match in _SSN.finditer(text):
        if ssn.is_valid(match[0]):
            yield _found(match, "us_ssn", "US")


def hint(value: str) -> str:
    """Enough to find it again: the ledger is no place for another copy."""
    return f"{value[:3]}…{value[-2:]}" if len(value) > 8 else f"{value[:2]}…"


@functools.cache
def _detectors() -> list[Any]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    classes = get_mapping_from_secret_type_to_class()
    return [classes[name]() for name in sorted(classes) if classes[name].__name__ not in _VAGUE]


def _found(match: re.Match[str], kind: str, what: str) -> Found:
    return Found(kind, what, match.start(), match.end(), hint(match[0]))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text in pieces of whole lines, or that overlap: some detectors take quadratic time."""
    start = 0
    while start < len(text):
        end = start + PIECE
        cut = end if end >= len(text) else text.rfind("\n", start + PIECE // 2, end) + 1
        yield start, text[start : cut or end + OVERLAP]
        start = cut or end
