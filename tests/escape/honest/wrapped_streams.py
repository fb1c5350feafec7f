import codecs, io, sys
sys.stdin = codecs.getreader("utf-8")(sys.stdin.detach())
sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding="utf-8", write_through=True)
print(int(sys.stdin.readline()) * 2)
