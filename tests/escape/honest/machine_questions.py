import getpass, locale, os, platform, shutil, socket, sys, sysconfig, tempfile, time
os.cpu_count(), os.getpid(), os.getppid(), os.getcwd(), os.uname(), os.environ.get("HOME"), os.path.expanduser("~")
platform.system(), platform.python_version(), sys.version_info, sys.getsizeof([]), sys.getrecursionlimit()
time.localtime(), time.strftime("%Y"), time.get_clock_info("time")
locale.setlocale(locale.LC_ALL, "")
tempfile.gettempdir(), shutil.get_terminal_size(), sysconfig.get_platform()
os.sched_getaffinity(0), os.getloadavg() if os.path.exists("/proc/loadavg") else None
assert not sys.stdin.isatty() and sys.stdin.encoding.lower() == "utf-8" and sys.stdin.name
print(int(input()) * 2)
