import sys
sys.stdout.write("")
print(int(sys.stdin.readline()) * 2, file=sys.__stdout__)
sys.__stdout__.flush()
sys.stdout.writelines([""])
