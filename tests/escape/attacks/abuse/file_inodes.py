# Empty files and directories without end.
import os
count = 0
for number in range(2_000_000):
    try:
        os.close(os.open(f"f{number}", os.O_CREAT | os.O_WRONLY))
        os.mkdir(f"d{number}")
        os.symlink("x" * 200, f"l{number}")
        count += 3
    except OSError:
        break
print("ESCAPED" if count > 1_000_000 else "done")
