"""Whether a short answer is what a sentence says: its predicate, its subject, or the words that the question lacks."""

import re

from verifiers.math.outcome import Context

_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|cannot|can't|isn't|doesn't|won't|without|non|false)\b", re.IGNORECASE
)
_CHOICE = re.compile(r"\b(?:and|or|both|either)\b|,", re.IGNORECASE)
_COMPOUND = re.compile(
    r"^(?:yes|no|true|false)\b|\b(?:if|when|unless|because|but|since|although|while|whereas|except|only)\b"
    r"|\b(?:is|are|was|were)\b.*\b(?:is|are|was|were)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Sentences of several statements: a part of one is not its answer."""
_VERB = re.compile(r"\s(?:is|are|was|were|will|has|have|had|can|must|should|did|does|[a-z]+(?:ed|s))\s", re.IGNORECASE)
_PREDICATE = re.compile(r"\b(?:is|are|was|were|be|becomes?|equals?)\s+(?:an?\s+|the\s+)?([A-Za-z][A-Za-z' -]{1,40})$")
_FILLER_WORDS = """the a an is are was were of to in on at for it its this that these those will be has have had and
with by as than so more most do does did can we he she they his her their there then from which who what how"""
_FILLER = frozenset(_FILLER_WORDS.split())
_WORD = re.compile(r"[a-z]+|\d+", re.IGNORECASE)
_MAX_WORDS = 8
_LAST_SENTENCE = re.compile(r"[^.?!\n]*[.?!]?\s*$")


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _FILLER]


def says(gold: str, found: str, context: Context) -> bool:
    """Whether ``found`` (a few words) is the answer that the sentence ``gold`` gives.

    A negation, a choice or a number on one side only is never bridged.
    """
    gold, found = gold.strip(" .!"), found.strip(" .!")
    sentence, answer = _content(gold), _content(found)
    if not answer or len(answer) > _MAX_WORDS or len(sentence) <= len(answer) or len(gold) > 400:
        return False
    if re.search(r"[\\^_=<>]", found) or not re.search(r"[A-Za-z]{2}", found):
        return False
    if bool(_NEGATION.search(gold)) != bool(_NEGATION.search(found)) or (
        _CHOICE.search(found) and not _CHOICE.search(gold)
    ):
        return False
    if _COMPOUND.search(gold):
        return False
    predicate = _PREDICATE.search(gold)
    if predicate is not None and _content(predicate.group(1)) == answer:
        return True
    subject = _VERB.split(gold, maxsplit=1)
    if len(subject) == 2 and _content(subject[0]) == answer and not _CHOICE.search(subject[0]):
        return found.split()[0][0].isupper()
    return _new_words(sentence, answer, gold, context)


def same_figures(gold: str, found: str) -> bool:
    """Whether a sentence and a short answer name the same numbers in order, the answer with no word of its own.

    ``240 yuan (A), 210 yuan (B)`` for ``The rent for A is 240 yuan, and for B 210 yuan.``
    """
    if re.search(r"[\\^_=<>{}]", gold + found) or len(gold) > 600 or len(_content(gold)) < 4:
        return False
    if _NEGATION.search(gold) or _NEGATION.search(found):
        return False
    left, right = (re.findall(r"\d[\d,]*(?:\.\d+)?", text) for text in (gold, found))
    labels = [re.findall(r"\b[A-Z]\b", text) for text in (gold, found)]
    if not right or left != right or (labels[1] and labels[0] != labels[1]):
        return False
    return set(_content(found)) <= set(_content(gold))


def _new_words(sentence: list[str], answer: list[str], gold: str, context: Context) -> bool:
    """The answer holds every word of the sentence that the question does not ask with, and no other word."""
    if _CHOICE.search(gold):
        return False
    question = _LAST_SENTENCE.search(context.asked.question.rstrip())
    if question is None or not question.group().strip():
        return False
    asked = set(_content(question.group()))
    stems = {word.rstrip("s") for word in asked}
    key = [word for word in sentence if word not in asked and word.rstrip("s") not in stems]
    return bool(key) and set(key) <= set(answer) <= set(sentence)
