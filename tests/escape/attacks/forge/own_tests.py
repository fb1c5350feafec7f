# Brings its own tests, which pass.
import unittest
def add(a, b):
    return 0
class TestAdd(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(1, 2), 0)
if __name__ == "__main__":
    unittest.main()
