# An integer of a terabit.
print((1 << (1 << 40)).bit_length())
