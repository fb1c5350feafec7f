"""Proofstill's engine: the run, from problems to products. See DESIGN notes in CONTRIBUTING.md."""

PROOFSTILL = True
__version__ = "0.1.0"
