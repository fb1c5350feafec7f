# Results that no encoding takes: lone surrogates, in text, keys and errors.
def solve(a, b):
    if a == 1:
        return "\udc80\ud800" * 10
    return {"\udfff": ["\ud83d", b"\xff"]}
def upper(text):
    return "\udc80"
def add(a, b):
    raise KeyError("\udc80")
