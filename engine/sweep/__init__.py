"""Sweeps: a directory per job, a comparison at the end, a search with Optuna, jobs on Ray."""
