# An empty loop.
while True:
    pass
