# Source nested so deep that a recursive parser gives up.
print(eval("(" * 90 + "1" + ")" * 90))
exec("\n".join(" " * i + "if 1:" for i in range(99)) + "\n" + " " * 99 + "x = 1")
exec("x = " + "[" * 5000 + "]" * 5000)
