# Sets whose members share one hash, each sent a hundred times: rebuilding them costs a hundred times their making.
def solve(a, b):
    step = 2**61 - 1
    return [{i * step for i in range(3000)}] * 100
