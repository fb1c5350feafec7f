"""``proofstill doctor``: what this machine can do."""

import sys

USAGE = "proofstill doctor: what this machine can do, and whether the default run can work; takes no arguments\n"


def main(arguments: list[str]) -> int:
    """Print the facts; 0 when the default run can work, else 1 with the reasons on standard error."""
    from engine.doctor import facts

    if arguments in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return 0
    if arguments:
        sys.stderr.write(f"error: doctor takes no arguments, not {arguments[0]!r}\n")
        return 2
    found = facts()
    width = max(len(fact.topic) for fact in found)
    sys.stdout.writelines(f"{fact.topic:<{width}}  {fact.text}\n" for fact in found)
    wrong = [fact.wrong for fact in found if fact.wrong]
    for sentence in wrong:
        sys.stderr.write(f"error: {sentence}\n")
    return 1 if wrong else 0
