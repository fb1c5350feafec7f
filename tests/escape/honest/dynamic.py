scope = {}
exec("def double(n):\n    return n * 2", scope)
code = compile("double(n)", "<made>", "eval")
n = int(input())
print(eval(code, {**scope, "n": n}))
