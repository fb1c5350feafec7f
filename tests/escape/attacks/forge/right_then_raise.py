# Prints the right answer, then raises.
print(int(input()) * 2, flush=True)
raise ValueError("after the answer")
