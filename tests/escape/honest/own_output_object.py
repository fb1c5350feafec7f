import io, sys
out = io.TextIOWrapper(io.FileIO(1, "w", closefd=False))
out.write(str(int(input()) * 2) + "\n")
