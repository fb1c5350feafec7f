# Numbers that the checker cannot convert: a million digits, full-width, infinities.
print("9" * 1_000_000, "\uff11", "inf", "nan", "1e999999999")
