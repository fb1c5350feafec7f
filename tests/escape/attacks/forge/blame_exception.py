# Raises exceptions that are hard to report: endless chains, groups, megabytes of text, no text.
def solve(a, b):
    error = Exception("x" * 3_000_000)
    for _ in range(3000):
        try:
            raise ValueError("\udc80" * 100) from error
        except ValueError as again:
            error = again
    error.__cause__ = error
    error.add_note("\0\u202e" * 10000)
    raise ExceptionGroup("g" * 10000, [error, ExceptionGroup("h", [error])])
add = solve
raise SystemError("\udcff\x00\x1b[2J")
