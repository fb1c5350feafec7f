# Prints the right word in other case.
print("yes" if int(input()) % 2 == 0 else "No")
