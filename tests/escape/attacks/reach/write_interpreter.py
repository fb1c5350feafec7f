# Writes to the interpreter, its library and whatever the next program would load.
import json, os, sys, sysconfig
rig = json.load(sys.stdin)
got = []
paths = {os.__file__, json.__file__, sys.executable or "/usr/bin/python3", sysconfig.get_paths()["stdlib"] + "/sitecustomize.py", "/usr/lib/psmark", "/etc/ld.so.preload", "/etc/passwd", "/etc/profile"}
paths |= {os.path.join(p, "psmark.pth") for p in sys.path if p.startswith("/")}
paths |= {module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)}
paths |= {os.path.join(os.path.dirname(p), "__pycache__", "json.cpython-311.pyc") for p in list(paths)}
here = os.path.realpath(".")
for path in paths:
    if os.path.realpath(os.path.dirname(path) or ".").startswith(here) and here != "/":
        continue  # its own directory is its own
    for flags in (os.O_WRONLY, os.O_RDWR):
        try:
            os.close(os.open(path, flags, 0o644))
            got.append(path)
        except OSError:
            pass
print("ESCAPED", *sorted(set(got))) if got else print("held")
