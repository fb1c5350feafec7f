# Calls back into the tests' own functions for ever, each call deeper.
def apply(function, values):
    while True:
        function(apply)
        function(values)
def shuffle_words(text):
    return {}
