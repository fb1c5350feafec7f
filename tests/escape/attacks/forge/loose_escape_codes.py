# Prints the right number in a spelling that is not the expected text.
v = int(input()) * 2
print(f'\x1b[0m{v}')
