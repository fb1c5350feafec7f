# Directories that may not be entered or read, which a careless clean-up leaves.
import os
for number in range(50):
    os.makedirs(f"a{number}/b/c", exist_ok=True)
    open(f"a{number}/b/c/file", "w").write("x")
    for path in (f"a{number}/b/c", f"a{number}/b", f"a{number}"):
        try:
            os.chmod(path, 0)
        except OSError:
            pass
try:
    os.chmod(".", 0)
except OSError:
    pass
print("held")
