# Changes modules, builtins and paths in place; a later program must see none of it.
import builtins, json, os, random, sys
rig = json.load(sys.stdin)
marks = [builtins, sys, json, os, random]
if rig["turn"] == 1:
    for module in marks:
        module.psmark = "planted"
    sys.modules["psmark"] = sys
    os.environ["PSMARK"] = "planted"
    sys.path.insert(0, "/psmark")
    sys.argv.append("psmark")
    builtins.print = lambda *a, p=print, **k: p(*a, **k)
    builtins.print.psmark = 1
    random.seed(1)
    sys.setrecursionlimit(77_777)
    os.umask(0o123)
    sys.meta_path.append(type("Psmark", (), {"find_spec": lambda *a: None})())
    print("held")
else:
    got = [module.__name__ for module in marks if hasattr(module, "psmark")]
    if "psmark" in sys.modules or "PSMARK" in os.environ or "/psmark" in sys.path or "psmark" in sys.argv or hasattr(print, "psmark"):
        got.append("state")
    if sys.getrecursionlimit() == 77_777 or any(type(f).__name__ == "Psmark" for f in sys.meta_path) or os.umask(0) == 0o123:
        got.append("limits")
    print("ESCAPED", *got) if got else print("held")
