# Prints the public answer before it reads anything.
print(6)
input()
