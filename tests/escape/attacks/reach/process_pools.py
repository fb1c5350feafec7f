# The standard library's ways to start processes.
import json, sys
rig = json.load(sys.stdin)
got = []
def work(number):
    return number + 1
try:
    import multiprocessing
    for method in ("fork", "spawn", "forkserver"):
        try:
            context = multiprocessing.get_context(method)
            process = context.Process(target=work, args=(1,))
            process.start()
            process.join(1)
            if process.exitcode == 0:
                got.append(method)
        except Exception:
            pass
except ImportError:
    pass
try:
    import pty
    if pty.fork()[0] == 0:
        import os
        os._exit(0)
    got.append("pty")
except Exception:
    pass
print("ESCAPED", *got) if got else print("held")
