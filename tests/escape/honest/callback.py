def apply(function, values):
    return [function(v) for v in values]
def shuffle_words(text):
    return {w: i for i, w in enumerate(text.split())}
