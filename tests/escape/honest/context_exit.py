import contextlib
with contextlib.suppress(SystemExit), contextlib.ExitStack() as stack:
    stack.callback(print, int(input()) * 2)
    raise SystemExit(0)
