# One C-level computation that no Python signal handler interrupts.
print(len(str(9**9**8)) if (9**9**8) else 0)
