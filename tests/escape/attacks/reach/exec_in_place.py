# Replaces itself by another program, which would carry no Python patches but print what it likes.
import os, sys
for path in ("/bin/sh", "/bin/echo", "/usr/bin/env", sys.executable or "", "/usr/bin/python3", "/bin/busybox"):
    try:
        os.execve(path, [path, "-c", "echo ESCAPED"], {})
    except OSError:
        pass
print("held")
