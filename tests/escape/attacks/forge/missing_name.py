# Defines the function under another name.
def solution_of_it(a, b):
    return a + b
