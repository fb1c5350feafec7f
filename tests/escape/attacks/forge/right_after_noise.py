# Prints the right answer; what it printed before is garbage.
print("\x1b[2J", end="")
print(int(input()) * 2)
