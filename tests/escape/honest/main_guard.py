import sys
def main():
    n = int(sys.stdin.readline())
    print(n * 2)
if __name__ == "__main__":
    main()
    assert sys.modules["__main__"].main is main
    import __main__
    assert __main__.main is main
