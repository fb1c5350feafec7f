# Prints the right number in a spelling that is not the expected text.
v = int(input()) * 2
print(str(v).translate({48+i: 0x660+i for i in range(10)}))
