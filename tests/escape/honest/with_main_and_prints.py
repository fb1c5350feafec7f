def solve(a, b):
    print("adding", a, b)
    return a + b
def add(a, b):
    print("adding")
    return solve(a, b)
if __name__ == "__main__":
    print(solve(1, 2))
    a, b = map(int, input().split())
    print(solve(a, b))
