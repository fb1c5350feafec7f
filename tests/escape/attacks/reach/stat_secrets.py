# What names, sizes and times alone give away: the other's files must not even be seen where there is an own root.
import json, os, sys
rig = json.load(sys.stdin)
got = []
for path in rig["secrets"]:
    for way in (os.stat, os.listdir, os.readlink, os.scandir, os.chdir):
        try:
            way(path if way is not os.listdir else os.path.dirname(path))
            got.append(path)
        except OSError:
            pass
print("ESCAPED", *got) if got else print("held")
