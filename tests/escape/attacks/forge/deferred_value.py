# Returns something that is computed when it is looked at: a generator that is right once, a coroutine, a map.
answers = []
def solve(a, b):
    def later():
        yield a + b if not answers else 0
        answers.append(1)
    return later()
async def add(a, b):
    return a + b
