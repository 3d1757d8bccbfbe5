"""Drives streams, groups, pub/sub, keyspace notifications and tracking with redis-py: the port is the argument."""
import sys
import threading

import redis

port = int(sys.argv[1])


def connect(**options):
    return redis.Redis(host="127.0.0.1", port=port, db=1, decode_responses=True, **options)


client = connect()
client.flushall()


def refused(call, code):
    try:
        call()
    except redis.ResponseError as error:
        # redis-py takes "ERR" off, and other codes with an exception of their own.
        assert str(error).startswith(code), (str(error), code)
    else:
        raise AssertionError(f"{code} was expected")


def streams():
    ids = [client.xadd("s", {"at": at}, id=f"{at}-1") for at in range(1, 11)]
    assert ids[0] == "1-1" and client.xlen("s") == 10
    assert client.xadd("none", {"a": 1}, nomkstream=True) is None
    assert client.xrange("s", min="(9-1") == [("10-1", {"at": "10"})]
    assert client.xrevrange("s", count=2) == [("10-1", {"at": "10"}), ("9-1", {"at": "9"})]
    assert client.xread({"s": "8-1", "other": "0"}, count=1) == [["s", [("9-1", {"at": "9"})]]]
    assert client.xread({"s": "$"}, block=10) == []
    assert client.xadd("s", {"at": 11}, id="11-1", maxlen=5, approximate=False) == "11-1"
    assert client.xlen("s") == 5
    assert client.xtrim("s", minid="9", approximate=False) == 2
    assert client.xdel("s", "9-1", "77-1") == 1
    info = client.xinfo_stream("s")
    assert info["length"] == 2 and info["first-entry"] == ("10-1", {"at": "10"}), info
    assert info["last-generated-id"] == "11-1" and info["entries-added"] == 11, info
    client.set("text", "v")
    refused(lambda: client.xadd("text", {"a": 1}), "WRONGTYPE")
    refused(lambda: client.xadd("s", {"a": 1}, id="5-1"), "The ID specified in XADD")


def waiting():
    """A read that waits gets what another connection adds, and CLIENT UNBLOCK ends one."""
    other = connect()
    number = other.client_id()
    got = []
    reader = threading.Thread(target=lambda: got.append(other.xread({"w": "$"}, block=0)))
    reader.start()
    until(lambda: any(one["cmd"] == "xread" and "b" in one["flags"] for one in client.client_list()))
    client.xadd("w", {"a": 1}, id="1-1")
    reader.join()
    assert got == [[["w", [("1-1", {"a": "1"})]]]], got
    reader = threading.Thread(target=lambda: got.append(other.xread({"w": "$"}, block=0)))
    reader.start()
    until(lambda: client.client_unblock(number) == 1)
    reader.join()
    assert got[1] == [], got


def until(condition):
    while not condition():
        pass


def groups():
    for at in range(1, 5):
        client.xadd("g", {"at": at}, id=f"{at}-1")
    assert client.xgroup_create("g", "workers", id="0") is True
    assert client.xgroup_create("made", "workers", mkstream=True) is True
    refused(lambda: client.xgroup_create("g", "workers"), "BUSYGROUP")
    refused(lambda: client.xreadgroup("nobody", "c", {"g": ">"}), "NOGROUP")
    assert client.xgroup_createconsumer("g", "workers", "idle") == 1
    first = client.xreadgroup("workers", "ann", {"g": ">"}, count=2)
    assert first == [["g", [("1-1", {"at": "1"}), ("2-1", {"at": "2"})]]], first
    assert client.xreadgroup("workers", "bob", {"g": ">"}, count=1, noack=True)[0][1][0][0] == "3-1"
    assert client.xack("g", "workers", "1-1", "9-9") == 1
    pending = client.xpending("g", "workers")
    assert pending == {
        "pending": 1,
        "min": "2-1",
        "max": "2-1",
        "consumers": [{"name": "ann", "pending": 1}],
    }, pending
    [one] = client.xpending_range("g", "workers", "-", "+", 10, consumername="ann")
    assert (one["message_id"], one["consumer"], one["times_delivered"]) == ("2-1", "ann", 1), one
    assert client.xreadgroup("workers", "ann", {"g": "0"}) == [["g", [("2-1", {"at": "2"})]]]
    assert client.xclaim("g", "workers", "bob", 0, ["2-1"], retrycount=5) == [("2-1", {"at": "2"})]
    claimed = client.xautoclaim("g", "workers", "cid", 0)
    assert claimed == ["0-0", [("2-1", {"at": "2"})], []], claimed
    assert client.xautoclaim("g", "workers", "cid", 0, justid=True) == ["2-1"]
    consumers = {one["name"]: one["pending"] for one in client.xinfo_consumers("g", "workers")}
    assert consumers == {"idle": 0, "ann": 0, "bob": 0, "cid": 1}, consumers
    assert client.xgroup_delconsumer("g", "workers", "cid") == 1
    assert client.xgroup_setid("g", "workers", "4-1") is True
    [group] = client.xinfo_groups("g")
    assert (group["name"], group["pending"], group["last-delivered-id"]) == ("workers", 0, "4-1"), group
    assert client.xinfo_stream("g", full=True)["groups"][0]["name"] == "workers"
    assert client.xgroup_destroy("g", "workers") == 1


def tasks():
    """A worker in Python: takes the task of a machine and answers it, twice."""
    definition = """{"states": {
      "new": {"on": {"PAY": {"target": "paying", "actions": [{"task": "charge", "done": "PAID"}]}}},
      "paying": {"on": {"PAID": "paid"}}, "paid": {}}}"""
    client.execute_command("SM.DEF", "CREATE", "order", definition)
    client.execute_command("SM.CREATE", "o1", "order")
    client.xgroup_create("sm:tasks:charge", "workers", id="0", mkstream=True)
    client.execute_command("SM.SEND", "o1", "PAY")
    [[_, [(entry, task)]]] = client.xreadgroup("workers", "ann", {"sm:tasks:charge": ">"}, block=1000)
    for _ in range(2):
        assert client.execute_command("SM.SEND", task["key"], task["done"], "ID", task["id"]) == ["paid"]
    assert client.xack("sm:tasks:charge", "workers", entry) == 1
    changes = [(one["kind"], one["to"]) for _, one in client.xrange("sm:changes:order")]
    assert changes == [("create", '["new"]'), ("event", '["paying"]'), ("event", '["paid"]')], changes


def heard(pubsub, count):
    """The next messages, (type, pattern, channel, data) each; confirmations of subscriptions included."""
    messages = []
    while len(messages) < count:
        message = pubsub.get_message(timeout=10)
        assert message is not None, messages
        messages.append(tuple(message[name] for name in ("type", "pattern", "channel", "data")))
    return messages


def channels():
    pubsub = client.pubsub()
    pubsub.subscribe("news")
    pubsub.psubscribe("n?ght")
    assert heard(pubsub, 2) == [("subscribe", None, "news", 1), ("psubscribe", None, "n?ght", 2)]
    assert client.publish("news", "one") == 1 and client.publish("night", "two") == 1
    assert client.publish("nobody", "three") == 0
    assert heard(pubsub, 2) == [("message", None, "news", "one"), ("pmessage", "n?ght", "night", "two")]
    assert client.pubsub_channels() == ["news"] and client.pubsub_numpat() == 1
    assert client.pubsub_numsub("news", "none") == [("news", 1), ("none", 0)]
    pubsub.ping()
    assert heard(pubsub, 1)[0][0] == "pong"
    pubsub.unsubscribe()
    pubsub.punsubscribe()
    assert [message[3] for message in heard(pubsub, 2)] == [1, 0]
    pubsub.close()


def notifications():
    client.config_set("notify-keyspace-events", "KEA")
    pubsub = client.pubsub()
    pubsub.psubscribe("__key*__:*")
    heard(pubsub, 1)
    client.set("k", "v", px=20)
    client.xadd("t", {"a": 1}, id="1-1")
    client.execute_command("SM.CREATE", "m", "order")
    events = [
        ("k", "set"),
        ("k", "expire"),
        ("t", "xadd"),
        ("m", "sm.create"),
        ("sm:changes:order", "xadd"),
        ("k", "expired"),
    ]
    messages = {message[2:] for message in heard(pubsub, 2 * len(events))}
    assert messages == {(f"__keyspace@1__:{key}", event) for key, event in events} | {
        (f"__keyevent@1__:{event}", key) for key, event in events
    }, messages
    client.config_set("notify-keyspace-events", "")
    pubsub.close()


def tracking():
    """Client-side caching as RESP2 has it: another connection is told which keys are no longer what was read."""
    pubsub = client.pubsub()
    pubsub.subscribe("__redis__:invalidate")
    heard(pubsub, 1)
    [listener] = [one["id"] for one in client.client_list() if one["sub"] == "1"]
    reader = connect(single_connection_client=True)
    assert reader.client_tracking_on(clientid=int(listener)) == "OK"
    client.mset({"x": 1, "y": 2})
    assert reader.mget("x", "y") == ["1", "2"]
    client.set("x", 3)
    assert heard(pubsub, 1) == [("message", None, "__redis__:invalidate", ["x"])]
    assert reader.client_getredir() == int(listener)
    assert reader.client_tracking_off() == "OK"
    pubsub.close()


for part in (streams, waiting, groups, tasks, channels, notifications, tracking):
    part()
    print(part.__name__)
