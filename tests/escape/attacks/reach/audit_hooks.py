# Turns off whatever watches it from Python, by memory: then uses the calls that were watched.
import ctypes, gc, os, sys
got = []
sys.addaudithook(lambda *a: None)
try:
    sys.settrace(None); sys.setprofile(None); sys.unraisablehook = None
except Exception:
    pass
import importlib
for name in ("_posixsubprocess", "posix", "_socket", "_ctypes", "subprocess"):
    sys.modules.pop(name, None)
    try:
        module = importlib.import_module(name)
    except ImportError:
        continue
    if name == "posix":
        for call in ("fork", "system", "execv", "kill"):
            try:
                if call == "fork":
                    if module.fork() == 0:
                        module._exit(0)
                    got.append("fork")
                elif call == "system" and module.system("true") == 0:
                    got.append("system")
            except OSError:
                pass
print("ESCAPED", *got) if got else print("held")
