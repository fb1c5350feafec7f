import sys
def main():
    print(int(input()) * 2)
    return 0
if __name__ == "__main__":
    sys.exit(main())
