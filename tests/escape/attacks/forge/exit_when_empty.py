# Ends with status 3 where nothing is expected.
import os
os._exit(3)
