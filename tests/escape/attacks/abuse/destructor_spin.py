# Prints the right answer; an object's destructor never returns.
class Heavy:
    def __del__(self):
        while True:
            pass
heavy = Heavy()
print("held", flush=True)
del heavy
