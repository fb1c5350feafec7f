# Changes canary files in every way a path allows.
import json, os, shutil, sys
rig = json.load(sys.stdin)
got = []
open("mine", "w").write("planted")
ways = [
    lambda p: open(p, "w").write("planted"),
    lambda p: open(p, "a").write("planted"),
    lambda p: open(p, "r+").write("planted"),
    lambda p: os.truncate(p, 0),
    lambda p: os.close(os.open(p, os.O_WRONLY | os.O_TRUNC)),
    lambda p: os.utime(p, (1, 1)),
    lambda p: os.rename(p, p + "x"),
    lambda p: os.replace("mine", p),
    lambda p: os.unlink(p),
    lambda p: shutil.copyfile("mine", p),
    lambda p: os.mkdir(p + ".d"),
    lambda p: shutil.rmtree(os.path.dirname(p)),
]
for path in rig["victims"]:
    for way in ways:
        try:
            way(path)
            got.append(path)
        except OSError:
            pass
for place in rig["dirs"]:
    try:
        open(os.path.join(place, rig["mark"]), "w").close()
        got.append(place)
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
