"""Accept rules: how the verdicts of one sample become a decision. One rule may be part of another."""

from engine.accept.rule import Rule
from engine.accept.rules import AcceptAll, AcceptAny, AcceptKOfN, AcceptVeto, AcceptWeighted

__all__ = ["AcceptAll", "AcceptAny", "AcceptKOfN", "AcceptVeto", "AcceptWeighted", "Rule"]
