# Removes its own working directory, and locks it.
import os, shutil
here = os.getcwd()
for way in (lambda: os.chmod(here, 0), lambda: os.umask(0o777), lambda: shutil.rmtree(here), lambda: os.rmdir(here), lambda: os.rename(here, here + "-gone"), lambda: os.chdir("/")):
    try:
        way()
    except OSError:
        pass
print("x")
