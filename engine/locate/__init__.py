"""``proofstill locate``: the first wrong step of a run's wrong samples, by rollouts from where steps begin."""
