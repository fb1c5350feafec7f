import random, secrets, uuid
rng = random.Random(5)
first = [rng.random() for _ in range(5)]
random.seed(5)
assert first == [random.random() for _ in range(5)]
assert secrets.token_hex(4) and uuid.uuid4()
items = list(range(50))
random.shuffle(items)
print(int(input()) * 2 + sum(items) - 1225)
