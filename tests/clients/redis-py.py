"""Plays the example with redis-py: the port is the first argument, the requests and replies come as JSON."""
import json
import sys

import redis

port = int(sys.argv[1])
order = json.load(sys.stdin)


def shown(reply):
    if isinstance(reply, bytes):
        return reply.decode()
    if isinstance(reply, list):
        return [shown(item) for item in reply]
    return reply


client = redis.Redis(host="127.0.0.1", port=port, client_name="tester", db=1)
assert client.ping()
for request, reply in order:
    got = shown(client.execute_command(*request))
    assert got == (True if reply == "OK" and got is True else reply), (request, got, reply)

with client.pipeline(transaction=False) as pipe:
    for at in range(1000):
        pipe.set(f"k{at}", at)
    assert pipe.execute() == [True] * 1000
assert client.dbsize() == 1000

with client.pipeline(transaction=True) as pipe:
    pipe.watch("k0")
    value = int(pipe.get("k0"))
    pipe.multi()
    pipe.set("k0", value + 1)
    pipe.get("k0")
    assert pipe.execute() == [True, b"1"]

with client.pipeline(transaction=True) as pipe:
    pipe.watch("k0")
    client.set("k0", "other")
    pipe.multi()
    pipe.set("k0", "mine")
    try:
        pipe.execute()
        raise AssertionError("a watched key had changed")
    except redis.WatchError:
        pass
assert client.get("k0") == b"other"

try:
    client.execute_command("SM.SET", "broken", "{")
    raise AssertionError("no JSON")
except redis.ResponseError:
    pass

info = client.info()
assert info["redis_version"].startswith("7.2."), info["redis_version"]
assert info["role"] == "master" and info["loading"] == 0
assert info["db1"]["keys"] == 1000
assert client.config_get("maxclients") == {"maxclients": "10000"}
assert any(one["name"] == "tester" for one in client.client_list())
assert client.set("short", "v", px=60000) and client.pttl("short") > 0
assert client.module_list()[0][b"name"] == b"redisstate"
client.flushall()
print(redis.__version__)
