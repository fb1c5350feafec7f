# Prints a float with a separator between its digits, which Python's own reader takes.
v = f"{int(input()) / 3:.9f}"
print(v[:-4] + "_" + v[-4:])
