"""Budgets: who gets the next sample, and when a problem is settled.

``plain``: a problem's own samples decide. ``adaptive``: one purse of tokens for all problems, spent where the next
sample is most likely to add a row.
"""

from engine.budget.adaptive import Adaptive
from engine.budget.plain import Difficulty, Fixed, Until

__all__ = ["Adaptive", "Difficulty", "Fixed", "Until"]
