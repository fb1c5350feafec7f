"""Words that take a claim back: hypotheses, trials, doubts and retractions. A hedged claim is never refuted."""

import re

_STEP = re.compile(
    r"\b(?:false|contradict\w*|extraneous|not\s+equal|wait|hmm+|incorrect(?:ly)?|wrong(?:ly)?"
    r"|impossible|isn['’]t|not\s+(?:true|possible|correct|right|valid|hold|work|the\s+same|an?\s+integer)|trial|invalid|oops|actually"
    r"|mistaken(?:ly)?|mistakes?|misread|does(?:\s+not|n['’]t)\s+(?:equal|work|hold|satisfy|match|hold|add)|did(?:\s+not|n['’]t)\s+(?:equal|match|work)"
    r"|inconsisten\w*|discrepancy|absurd)\b|≠|\\neq?\b|\\not\b",
    re.IGNORECASE,
)
_TRIAL = re.compile(
    r"\b(?:try|tries|trying|tried|guess\w*|test(?:ing|ed|s)?|too\s+(?:high|low|big|small|large|much|many))\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"\b(?:assum\w*|suppos\w*|instead|rather\s+than|base[\s-](?:\d+|[b-z]\b|two|three|five|six|seven|eight|nine|ten|\$|\\)|in\s+base|mod|modulo|modular"
    r"|imagine|pretend|hypothetical\w*|claims?\s+that|would\s+(?:be|have)\s+if|you\s+might\s+think|supposed|defin(?:e|ed|ition)\s+(?:as|by)|operation|denot\w+|symbol\w*"
    r"|binary|octal|hexadecimal|o['’]clock|ratio|odds)\b|\\p?b?mod\b|≡|\\equiv",
    re.IGNORECASE,
)
RETRACTION = re.compile(
    r"\b(?:wait|oops|no,|actually,|correction|let\s+me\s+(?:re|fix|correct)\w*|(?:that|this)(?:['’]s|\s+is)\s+(?:wrong|incorrect|not\s+right|a\s+mistake)"
    r"|i\s+made\s+(?:a|an)\s+(?:mistake|error)|my\s+mistake|scratch\s+that|sorry)\b|\bno[.!]",
    re.IGNORECASE,
)
_END = re.compile(r"[.?!;]\s|\n|\\\]")


def step_hedged(text: str) -> bool:
    """Whether the whole step tries, tests or doubts something."""
    return _STEP.search(text) is not None


def step_tries(text: str) -> bool:
    """Whether the step tries values out: what it computes on the way still has to be right."""
    return _TRIAL.search(text) is not None


def sentence_hedged(text: str, start: int, end: int) -> bool:
    """Whether the sentence around ``text[start:end]`` supposes something."""
    first, last = sentence(text, start, end)
    return _SENTENCE.search(text, first, last) is not None


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Span of the sentence around ``text[start:end]``, at most 300 characters to each side."""
    first = max(0, start - 300)
    for match in _END.finditer(text, first, start):
        first = match.end()
    found = _END.search(text, end, min(len(text), end + 300))
    return first, found.start() if found else min(len(text), end + 300)
