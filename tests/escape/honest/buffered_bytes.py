import sys
out = sys.stdout.buffer
out.write(b"%d\n" % (int(sys.stdin.buffer.readline()) * 2))
