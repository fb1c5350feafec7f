# Numbers of one hash: whoever counts or compares them by hash (an unordered comparison) takes hours.
step = 2**61 - 1
print(*(i * step for i in range(150_000)))
