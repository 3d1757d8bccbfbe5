"""Changes, a worker and what speaks of all machines, of the Python package, over a cluster with several partitions, some of which change hands meanwhile.

Arguments: `sync` or `aio`, the port of a server, and a key of each partition. Prints `moving` once there is something to read, and
`done` when all was read and done.
"""
import asyncio
import logging
import sys
import threading

import detent
import detent.aio
from redis.asyncio import RedisCluster as AioCluster
from redis.cluster import ClusterNode, RedisCluster

# redis-py logs each redirection with its stack.
logging.disable(logging.CRITICAL)

kind, port, keys = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
STEPS = 5
LAST = STEPS + 2
JOB = {
    "initial": "open",
    "states": {
        "open": {
            "on": {"STEP": {}, "GO": {"target": "working", "actions": [{"task": "work", "done": "DONE"}]}}
        },
        "working": {"on": {"DONE": "done"}},
        "done": {"type": "final"},
    },
}
LATE = {"initial": "open", "states": {"open": {"sla": 1}}}


def patient(send):
    """redis-py gives up while a partition changes hands; events have ids, so they may be sent again."""
    for _ in range(100):
        try:
            return send()
        except Exception as error:
            failure = error
    raise failure


def check(revs):
    expected = list(range(1, LAST + 2))
    assert all(revs[key] == expected for key in keys), revs


def whole(client):
    """Each of them speaks of the machines of all servers, whatever partitions are under way."""
    assert client.count(definition="job") == len(keys)
    assert sorted(client.scan(count=1)) == sorted(keys)
    assert sum(client.count_by("state").values()) == len(keys)
    assert client.requeue(task="other", count=5) == 0


async def aio_whole(client):
    assert await client.count(definition="job") == len(keys)
    assert sorted([key async for key in client.scan(count=1)]) == sorted(keys)
    assert sum((await client.count_by("state")).values()) == len(keys)
    assert await client.requeue(task="other", count=5) == 0


def sync():
    client = detent.Client(RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", port)]))
    # While slots move, redis-py 4.3.4 may hand a thread the reply of another one that shares its connections.
    own = detent.Client(RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", port)]))
    client.define("job:v1", JOB)
    client.define("job:v2", {**JOB, "context": {"second": True}})
    assert len(client.streams("changes", "job")) == len(keys)
    for key in keys:
        client.create(key, "job:v1")
    worker = client.worker("work", lambda task: None, concurrency=2, retry_after_ms=600)
    working = threading.Thread(target=worker.run)
    working.start()
    revs = {key: [] for key in keys}

    def read():
        for change in client.changes("job", group="g"):
            revs[change.key].append(change.rev)
            change.ack()
            if all(found and found[-1] == LAST + 1 for found in revs.values()):
                return

    reading = threading.Thread(target=read)
    reading.start()
    print("moving", flush=True)
    for step in range(STEPS):
        whole(own)
        for key in keys:
            patient(lambda: client.send(key, "STEP", id=f"s{step}"))
    for key in keys:
        patient(lambda: client.send(key, "GO", id="go"))
    reading.join()
    worker.stop()
    working.join()
    check(revs)
    id = client.migrations.start_from("job:v1", "job:v2", is_held=True)
    status = client.migrations.status(id)
    while status["status"] != "DONE":
        status = client.migrations.status(id)
    assert status["moved"] + status["held"] == len(keys), status
    assert [each["id"] for each in client.migrations.list()] == [id]
    assert client.verify() == []
    client.define("late", LATE)
    for key in keys:
        for number in range(3):
            client.create(f"{key}:{number}", "late")
    while len(list(client.overdue(count=2))) < 3 * len(keys):
        pass
    late = [each.since for each in client.overdue(count=2)]
    assert late == sorted(late), late
    assert all(each.length is not None for each in client.streams("changes", "job"))
    # As when the cluster was read while no slot had an owner.
    client._redis.nodes_manager.nodes_cache = {}
    assert [each["id"] for each in client.migrations.list()] == [id]


async def aio():
    client = detent.aio.Client(AioCluster(host="127.0.0.1", port=port))
    await client.define("job", JOB)
    assert len(await client.streams("changes", "job")) == len(keys)
    for key in keys:
        await client.create(key, "job")

    async def handle(task):
        return None

    async def send(key, event, id):
        for _ in range(100):
            try:
                return await client.send(key, event, id=id)
            except Exception as error:
                failure = error
        raise failure

    worker = client.worker("work", handle, concurrency=2, retry_after_ms=600)
    working = asyncio.create_task(worker.run())
    revs = {key: [] for key in keys}

    async def read():
        async for change in client.changes("job", group="g"):
            revs[change.key].append(change.rev)
            await change.ack()
            if all(found and found[-1] == LAST + 1 for found in revs.values()):
                return

    reading = asyncio.create_task(read())
    print("moving", flush=True)
    for step in range(STEPS):
        await aio_whole(client)
        for key in keys:
            await send(key, "STEP", f"s{step}")
    for key in keys:
        await send(key, "GO", "go")
    await reading
    worker.stop()
    await working
    check(revs)
    assert await client.verify() == []
    await client.define("late", LATE)
    for key in keys:
        for number in range(3):
            await client.create(f"{key}:{number}", "late")
    while len([each async for each in client.overdue(count=2)]) < 3 * len(keys):
        pass
    late = [each.since async for each in client.overdue(count=2)]
    assert late == sorted(late), late
    assert all(each.length is not None for each in await client.streams("changes", "job"))
    client._redis.nodes_manager.nodes_cache = {}
    assert await client.verify() == []


if kind == "sync":
    sync()
else:
    asyncio.run(aio())
print("done", flush=True)
