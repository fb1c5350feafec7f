# Imports everything there is.
import pkgutil, importlib, sys
for module in list(pkgutil.iter_modules()):
    if module.name in ("antigravity", "this", "idlelib", "turtledemo", "__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except BaseException:
        pass
while True:
    pass
