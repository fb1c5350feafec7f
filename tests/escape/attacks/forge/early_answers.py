# In the first run, prints what would be the outputs of all tests, with separators of every kind.
n = input()
for mark in ("\n", "\0", "\x1e", "\x1d", "---\n", "=== test 2 ===\n", "\f", "\x04"):
    print("6", "20", "42", "0", "-14", sep=mark, end=mark)
