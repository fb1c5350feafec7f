# Constants that the compiler itself multiplies out before the program runs.
a = ((1 << 120) ** 1, ("x" * 4000,) * 60)
exec("b = " + "+".join(f"('x' * 4096,) * 250 + ({i},)" for i in range(4000)))
print("".join(["".join(["".join(a[1])] * 4000)] * 4000))
