# A string of eight gigabytes by multiplication, again and again.
text = "x" * (8 << 30)
print(len(text))
