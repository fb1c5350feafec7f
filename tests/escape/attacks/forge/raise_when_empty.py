# Raises where nothing is expected: empty output of a crash is not an empty answer.
raise RuntimeError("no output")
