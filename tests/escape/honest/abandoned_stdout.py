import io, sys
print(int(input()) * 2)
sys.stdout = io.StringIO()
print("not shown")
