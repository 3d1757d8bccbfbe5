"""RedisCluster of redis-py against a cluster: commands by key, machines, pub/sub, and a takeover in the middle.

Prints `ready` when it has written enough before the takeover, and `done` when it has written enough behind it.
"""
import logging
import sys
import time

from detent import Client
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import RedisClusterException, RedisError

# It logs each redirection with its stack.
logging.disable(logging.CRITICAL)

ports = [int(port) for port in sys.argv[1:]]


def connect():
    return RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", port) for port in ports])


cluster = connect()
assert cluster.set("foo", "1") is True
assert cluster.get("foo") == b"1"
assert cluster.mget("{t}a", "{t}b") == [None, None]
assert len(cluster.get_replicas()) == 2, cluster.get_nodes()
cluster.execute_command("SM.DEF CREATE", "pydoor", '{"initial":"shut","states":{"shut":{"on":{"OPEN":"open"}},"open":{"on":{"SHUT":"shut"}}}}', target_nodes=RedisCluster.PRIMARIES)
assert cluster.execute_command("SM.CREATE", "pydoor:1", "pydoor") in (b"OK", True)
assert cluster.execute_command("SM.SEND", "pydoor:1", "OPEN")[0] == b"open"
client = Client(cluster)
assert client.define("pylamp", {"initial": "off", "states": {"off": {"on": {"ON": "on"}}, "on": {}}}) == "pylamp:v1"
for lamp in ("pylamp:1", "pylamp:2", "pylamp:3"):
    client.create(lamp, "pylamp")
    client.send(lamp, "ON")
assert client.state("pylamp:2") == ["on"]
assert client.count(definition="pylamp") == 3
pipe = cluster.pipeline()
for number in range(20):
    pipe.set(f"py:{number}", number)
assert all(pipe.execute())
assert cluster.dbsize() >= 21

readers = RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", ports[0])], read_from_replicas=True)
assert {readers.get("foo") for _ in range(6)} == {b"1"}

acknowledged = set()
number = 0


def write(count):
    global cluster, number
    until = len(acknowledged) + count
    while len(acknowledged) < until:
        number += 1
        try:
            cluster.set(f"py:w:{number}", number)
            acknowledged.add(number)
        except (RedisError, RedisClusterException, OSError):
            time.sleep(0.05)


write(100)
print("ready", flush=True)
assert sys.stdin.readline().strip() == "taken over"
write(100)
for each in acknowledged:
    assert cluster.get(f"py:w:{each}") == str(each).encode(), each
assert cluster.execute_command("SM.SEND", "pydoor:1", "SHUT")[0] == b"shut"
print("done", flush=True)
