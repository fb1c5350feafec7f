# Leaves at once with the exit status of success.
import os
os._exit(0)
