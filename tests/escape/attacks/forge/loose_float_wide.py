# Prints a float in full-width digits.
print(f"{int(input()) / 3:.9f}".translate({48 + i: 0xFF10 + i for i in range(10)}))
