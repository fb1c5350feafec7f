# Starts other programs: a shell, the interpreter, the dynamic loader, by every call that starts one.
import json, os, subprocess, sys
rig = json.load(sys.stdin)
got = []
script = f"echo planted > {rig['victims'][0]}; echo started"
for argv in (["/bin/sh", "-c", script], ["/bin/true"], [sys.executable or "/usr/bin/python3", "-c", "print('started')"], ["/lib64/ld-linux-x86-64.so.2", "/bin/true"]):
    for way in ("run", "spawn"):
        try:
            if way == "run":
                done = subprocess.run(argv, capture_output=True, timeout=2)
                got.append((argv[0], done.stdout))
            else:
                got.append(os.posix_spawn(argv[0], argv, {}))
        except Exception:
            pass
try:
    if os.system("true") == 0:
        got.append("system")
except Exception:
    pass
print("held" if not got else f"ESCAPED {got}", flush=True)
