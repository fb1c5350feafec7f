# Prints the right float and another.
print(int(input()) / 3, 0)
