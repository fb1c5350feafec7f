# A short text that compiles to something enormous.
print(eval("-" * 300_000 + "1"))
