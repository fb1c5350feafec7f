"""``proofstill alphacode``: tests, clusters and submissions for the code problems of a run, from its ledger."""
