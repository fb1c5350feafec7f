# Copies an executable into memory and runs it from there.
import os, sys
got = []
for path in ("/bin/true", "/bin/sh", "/usr/bin/env", sys.executable or "/usr/bin/python3"):
    try:
        data = open(path, "rb").read(8_000_000)
        fd = os.memfd_create("x", 0)
        os.write(fd, data)
        os.execve(fd, ["sh", "-c", "echo ESCAPED"], {})
    except (OSError, ValueError):
        pass
for name in ("./prog", "/tmp/prog", "/dev/shm/prog"):
    try:
        with open(name, "wb") as file:
            file.write(b"#!/bin/sh\necho ESCAPED\n")
        os.chmod(name, 0o755)
        os.execve(name, [name], {})
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
