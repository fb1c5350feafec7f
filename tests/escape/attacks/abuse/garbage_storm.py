# Objects that make new objects whenever they are collected.
import gc
class Phoenix:
    def __del__(self):
        Phoenix().me = self
Phoenix()
gc.collect()
while True:
    gc.collect()
