# Reads what only the machine's owner should: password hashes, host keys, kernel memory, home directories.
import glob, os, sys
got = []
names = ["/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/proc/kcore", "/proc/kallsyms", "/dev/mem", "/dev/kmsg", "/proc/kmsg"]
names += glob.glob("/etc/ssh/ssh_host_*_key") + glob.glob("/etc/ssl/private/*") + glob.glob("/var/lib/*/*.key")
for name in names:
    try:
        with open(name, "rb") as file:
            data = file.read(64)
        if data.strip(b"\x00"):
            got.append((name, data))
    except OSError:
        pass
for base in ("/root", "/home", "/var/log", "/var/spool", "/run", "/boot", "/srv", "/mnt", "/media"):
    try:
        got += [p for name in os.listdir(base) if not sys.prefix.startswith(p := os.path.join(base, name))]
    except OSError:
        pass
print("ESCAPED", *got) if got else print("held")
