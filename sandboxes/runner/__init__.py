"""What runs inside a sandbox: standard library only, and nothing of ours but this package.

``zygote`` is a warm process that isolates itself once and then clones one fresh child per program; ``supervisor`` hands
it jobs from outside.
"""
