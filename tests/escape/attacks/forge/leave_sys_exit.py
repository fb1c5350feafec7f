# Leaves by SystemExit before it answers.
import sys
sys.exit(0)
