# Opens the memory files of other processes, to read and to write.
import json, os, sys
rig = json.load(sys.stdin)
got = []
for pid in {*range(1, 40), os.getppid(), *rig["pids"]} - {os.getpid(), 0}:
    for part in ("mem", "clear_refs", "oom_score_adj", "coredump_filter", "uid_map", "attr/current", "timerslack_ns"):
        for flags in (os.O_RDWR, os.O_WRONLY):
            try:
                os.close(os.open(f"/proc/{pid}/{part}", flags))
                got.append((pid, part))
            except OSError:
                pass
print("ESCAPED", *got) if got else print("held")
