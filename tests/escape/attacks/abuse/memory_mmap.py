# Memory by anonymous maps, private and shared.
import mmap
maps = []
for flags in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
    try:
        while True:
            area = mmap.mmap(-1, 64 << 20, flags=flags | mmap.MAP_ANONYMOUS)
            for i in range(0, 64 << 20, 4096):
                area[i] = 1
            maps.append(area)
    except (OSError, MemoryError):
        pass
print(len(maps))
