def solve(a, b):
    """Adds.

    ```python
    solve(1, 2)  # 3
    ```
    """
    return a + b
