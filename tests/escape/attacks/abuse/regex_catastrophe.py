# A regular expression that takes for ever, inside one C call.
import re
re.match(r"(a+)+$", "a" * 60 + "b")
