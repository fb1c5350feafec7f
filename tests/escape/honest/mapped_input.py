import mmap
area = mmap.mmap(0, 0, access=mmap.ACCESS_READ)
print(int(area.readline()) * 2)
