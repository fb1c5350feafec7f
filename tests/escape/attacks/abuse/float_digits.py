# Numbers of a million digits, for a reader that converts them.
print("1" + "0" * 1_000_000)
print("0." + "3" * 1_000_000)
print("1e" + "9" * 100_000)
