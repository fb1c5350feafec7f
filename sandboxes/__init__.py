"""Where untrusted programs run."""

PROOFSTILL = True
