"""A Ray cluster of two nodes on loopback, each with a GPU that only counts; says its address and how to kill the second.

Prints ``address`` and the process id of the second node's raylet, then lives until its standard input closes.
"""

import sys

from ray.cluster_utils import Cluster

NODE = {"num_cpus": 2, "num_gpus": 1, "object_store_memory": 80 << 20, "node_ip_address": "127.0.0.1"}

cluster = Cluster()
cluster.add_node(include_dashboard=False, **NODE)
second = cluster.add_node(**NODE)
print(cluster.address, second.all_processes["raylet"][0].process.pid, flush=True)
sys.stdin.read()
cluster.shutdown()
