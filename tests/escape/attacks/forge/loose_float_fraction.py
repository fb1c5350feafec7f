# Prints a fraction where a float is expected.
print(f"{int(input())}/3")
