# Ends itself by a signal that a rig could take for its own stop.
import os, signal
signal.raise_signal(signal.SIGTERM)
os.kill(os.getpid(), signal.SIGKILL)
