from signal import SIG_DFL, SIGPIPE, SIGINT, default_int_handler, signal
signal(SIGPIPE, SIG_DFL)
signal(SIGINT, default_int_handler)
print(int(input()) * 2)
