# Closes every descriptor, its own included.
import os
print("held", flush=True)
os.closerange(0, 65536)
