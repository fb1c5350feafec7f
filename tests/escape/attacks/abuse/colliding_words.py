# Half a million different lines where lines are compared in any order.
import sys
sys.stdout.write("\n".join(map(str, range(130_000))))
