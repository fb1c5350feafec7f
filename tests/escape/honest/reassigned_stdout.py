import io, sys
sys.stdin = io.StringIO(sys.stdin.read())
old, sys.stdout = sys.stdout, io.StringIO()
print(int(input()) * 2)
text = sys.stdout.getvalue()
sys.stdout = old
sys.stdout.reconfigure(line_buffering=True)
print(text, end="")
