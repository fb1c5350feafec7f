# Climbs from plain objects to frames, modules and files of whatever runs it.
import gc, io, json, sys
rig = json.load(sys.stdin)
got = []
for item in gc.get_objects():
    try:
        if isinstance(item, io.IOBase) and not item.closed and item.fileno() > 2:
            item.seek(0)
            text = str(item.read())
            if rig["prefix"] + "-" in text:
                got.append(text[:2000])
    except Exception:
        pass
frame = sys._getframe()
while frame:
    for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
        if isinstance(value, (str, bytes)) and (rig["prefix"] + "-") in str(value):
            got.append(str(value)[:2000])
    frame = frame.f_back
print("ESCAPED", *got) if got else print("held")
