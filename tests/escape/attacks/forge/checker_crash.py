# Output that the checker does not expect, so that it raises.
print("one two three")
