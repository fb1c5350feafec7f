import copy, json, pickle
class Node:
    def __init__(self, value):
        self.value, self.next = value, None
node = Node(int(input()))
node.next = node
again = pickle.loads(pickle.dumps(copy.deepcopy(node)))
assert again.next is again
print(json.loads(json.dumps({"v": again.value * 2}))["v"])
