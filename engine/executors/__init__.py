"""Where a run's work is done: in this process, or on a cluster."""
