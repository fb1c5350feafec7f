import doctest
def solve(a, b):
    """
    >>> solve(1, 2)
    3
    """
    return a + b
def main():
    doctest.testmod()
    print(int(input()) * 2)
if __name__ == "__main__":
    main()
