"""Proofstill's built-in verifiers. (PyPI has another package of this import name; ``engine.identity`` checks.)"""

PROOFSTILL = True
