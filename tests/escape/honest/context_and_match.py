import contextlib, io
@contextlib.contextmanager
def quiet():
    with contextlib.redirect_stdout(io.StringIO()) as out:
        yield out
with quiet() as out:
    print("captured")
match [out.getvalue().strip(), int(input())]:
    case ["captured", n] if (m := n * 2) is not None:
        print(f"{m!s}")
