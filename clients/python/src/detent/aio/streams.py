"""Changes and workers, over consumer groups."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, Mapping, Optional, Sequence, Union

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from .. import replies as r
from .._words import to_json
from ..errors import typed
from .._partitions import BLOCK_MS, COUNT, RETRY_S, Patience, first_pending, is_moving, is_of_redis
from ..tasks import (
    FINAL,
    Backlog,
    ChangeFields,
    Task,
    answer_words,
    change_of,
    entries_of,
    is_before,
    new_consumer,
    task_of,
)

Handler = Callable[[Task], Awaitable[Any]]

_log = logging.getLogger("detent")
_BLOCK_MS = BLOCK_MS


@dataclass(frozen=True)
class Change(ChangeFields):
    """A change of a machine; `ack` acknowledges it."""

    ack: Callable[[], Awaitable[None]]


async def ensure_group(redis: Redis, stream: str, group: str) -> None:
    # Some versions of redis.asyncio find no key in this command.
    node = {"target_nodes": redis.get_node_from_key(stream)} if hasattr(redis, "get_node_from_key") else {}
    try:
        await redis.execute_command("XGROUP CREATE", stream, group, "0", "MKSTREAM", **node)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


class Changes:
    """The changes of a definition, read through a consumer group: each machine's in order and without a gap."""

    def __init__(self, redis: Redis, streams: Sequence[str], group: str, consumer: str, block_ms: int) -> None:
        self._redis = redis
        self._streams = streams
        self._group = group
        self._consumer = consumer
        self._block_ms = block_ms
        self._is_stopped = False

    async def read(self) -> AsyncIterator[Change]:
        if len(self._streams) == 1:
            async for change in self._follow(self._streams[0], self._block_ms):
                yield change
            return
        # A task for each stream, of each of which a piece is read ahead.
        found: "asyncio.Queue[Union[Change, Exception]]" = asyncio.Queue(1)
        tasks = [asyncio.create_task(self._feed(each, found)) for each in self._streams]
        try:
            while True:
                item = await found.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self._is_stopped = True
            while not all(task.done() for task in tasks):
                if not found.empty():
                    found.get_nowait()
                await asyncio.wait(tasks, timeout=0.01)

    async def _feed(self, stream: str, found: "asyncio.Queue[Union[Change, Exception]]") -> None:
        try:
            async for change in self._follow(stream, min(self._block_ms, BLOCK_MS)):
                await found.put(change)
                if self._is_stopped:
                    return
        except Exception as error:
            await found.put(error)

    async def _follow(self, stream: str, block_ms: int) -> AsyncIterator[Change]:
        patience = Patience()
        # First what was handed out and not acknowledged, then what is new.
        last, is_new, is_ready = "0-0", False, False
        while not self._is_stopped:
            try:
                if not is_ready:
                    await ensure_group(self._redis, stream, self._group)
                    is_ready = True
                entries = await self._entries(stream, ">" if is_new else last, block_ms if is_new else None)
                if is_new and entries and not await self._is_next(stream, last, entries[0][0]):
                    # A reply was lost on the way: what it gave comes first.
                    entries, is_new = [], False
                    continue
                patience.rest()
            except Exception as error:
                if not patience.passes(error):
                    raise
                is_new = False
                await asyncio.sleep(RETRY_S)
                continue
            if not entries:
                is_new = True
            for entry, fields in entries:
                last = entry
                if fields is None:
                    await self._ack(stream, entry)
                else:
                    yield self._change(stream, entry, fields)

    async def _entries(self, stream: str, after: str, block: Optional[int]) -> Any:
        where = {stream: after}
        return entries_of(
            await self._redis.xreadgroup(self._group, self._consumer, where, count=COUNT, block=block)
        )

    async def _is_next(self, stream: str, last: str, entry: str) -> bool:
        """Whether an entry is the first that the consumer has pending behind the last one, or the group was set back."""
        after = last if is_before(last, entry) else "0-0"
        found = await self._redis.xpending_range(stream, self._group, f"({after}", "+", 1, self._consumer)
        return bool(r.text(first_pending(found)) == entry)

    def _change(self, stream: str, entry: str, fields: Mapping[Any, Any]) -> Change:
        return Change(**change_of(stream, entry, fields), ack=lambda: self._ack(stream, entry))

    async def _ack(self, stream: str, entry: str) -> None:
        patience = Patience()
        while True:
            try:
                await self._redis.xack(stream, self._group, entry)
                return
            except Exception as error:
                if not patience.passes(error):
                    raise
                await asyncio.sleep(RETRY_S)


class Worker:
    """`run` takes tasks until `stop` is called."""

    def __init__(
        self,
        redis: Redis,
        name: str,
        streams: Callable[[], Awaitable[Sequence[str]]],
        handler: Handler,
        *,
        concurrency: int,
        group: str,
        consumer: Optional[str],
        retry_after_ms: int,
    ) -> None:
        self._redis = redis
        self._streams = streams
        self._name = name
        self._handler = handler
        self._group = group
        self._consumer = consumer or new_consumer()
        self._retry_after_ms = retry_after_ms
        self._beat_ms = max(1, retry_after_ms // 3)
        self._is_stopped = False
        self._lanes: Sequence[_Lane] = []
        #: Room for tasks that no lane has.
        self._room = concurrency

    async def run(self) -> None:
        """Works until `stop`. What goes wrong is logged under `detent`, and tried again."""
        self._has_room = asyncio.Event()
        self._lanes = [_Lane(self, stream) for stream in await self._streams()]
        keeper = asyncio.create_task(self._keep())
        try:
            loops = [asyncio.create_task(lane.loop()) for lane in self._lanes]
            _, others = await asyncio.wait(loops, return_when=asyncio.FIRST_EXCEPTION)
            if others:
                self.stop()
                await asyncio.wait(others)
            await asyncio.gather(*(task for lane in self._lanes for task in lane.running.values()))
            for lane_loop in loops:
                lane_loop.result()
        finally:
            keeper.cancel()

    def stop(self) -> None:
        """Asks for no further tasks; `run` returns when those at work are done."""
        self._is_stopped = True

    def _reserve(self) -> int:
        """Takes all room there is, which is given back but for what is used."""
        count, self._room = self._room, 0
        self._has_room.clear()
        return count

    def _release(self, count: int) -> None:
        self._room += count
        if self._room > 0:
            self._has_room.set()

    async def _perform(self, lane: "_Lane", entry: str, task: Task) -> None:
        try:
            await self._answer(task, await self._handler(task))
            await self._redis.xack(lane.stream, self._group, entry)
        except Exception:
            _log.exception("worker '%s', task '%s'", self._name, task.id)
            lane.backlog.add(entry, task.attempt)
        finally:
            del lane.running[entry]
            self._release(1)

    async def _answer(self, task: Task, output: Any) -> None:
        if task.done is None:
            return
        try:
            await self._redis.execute_command(*answer_words(task, output, to_json(output)))
        except ResponseError as error:
            refusal = typed(error)
            if not FINAL.match(refusal.code):
                raise refusal from error
            if refusal.code != "DUPID":
                _log.error("worker '%s', task '%s': %s", self._name, task.id, refusal)

    async def _keep(self) -> None:
        """Keeps tasks at work, and those that wait here, from lying idle."""
        while True:
            await asyncio.sleep(self._beat_ms / 1000)
            for lane in self._lanes:
                entries = [*lane.running, *lane.backlog.entries()]
                if not entries:
                    continue
                try:
                    await self._redis.xclaim(lane.stream, self._group, self._consumer, 0, entries, justid=True)
                except Exception as error:
                    if not is_of_redis(error):
                        raise
                    if not is_moving(error):
                        _log.exception("worker '%s'", self._name)


class _Lane:
    """The tasks of one stream. A worker has a lane for each; they share its room for tasks."""

    def __init__(self, host: Worker, stream: str) -> None:
        self._host = host
        self.stream = stream
        self.running: Dict[str, "asyncio.Task[None]"] = {}
        self.backlog = Backlog()
        self._claim_at = 0.0
        #: Among other lanes: an entry behind which there is nothing, or what is there has been noticed.
        self._newest = "0-0"
        self._has_news = True

    async def loop(self) -> None:
        host = self._host
        patience = Patience()
        is_ready = False
        while not host._is_stopped:
            try:
                if not is_ready:
                    await ensure_group(host._redis, self.stream, host._group)
                    is_ready = True
                await self._turn()
                patience.rest()
            except Exception as error:
                if not is_of_redis(error):
                    raise
                self._newest, self._has_news = "0-0", True
                if str(error).startswith("NOGROUP"):
                    is_ready = False
                elif patience.passes(error):
                    await asyncio.sleep(RETRY_S)
                elif isinstance(error, ResponseError) and not is_moving(error):
                    raise
                else:
                    _log.exception("worker '%s'", host._name)
                    await asyncio.sleep(_BLOCK_MS / 1000)

    async def _turn(self) -> None:
        host = self._host
        await self._with_room(lambda free: self._claim(0, self.backlog.due(free)))
        if time.monotonic() >= self._claim_at:
            await self._with_room(self._take_over)
        if len(host._lanes) > 1 and not await self._await_news():
            return
        if not await self._with_room(self._read):
            try:
                await asyncio.wait_for(host._has_room.wait(), _BLOCK_MS / 1000)
            except asyncio.TimeoutError:
                pass

    async def _with_room(self, take: Callable[[int], Awaitable[int]]) -> bool:
        """Does something that takes tasks; False where there is no room for any."""
        free = self._host._reserve()
        if free == 0:
            return False
        taken = 0
        try:
            if not self._host._is_stopped:
                taken = await take(free)
        finally:
            self._host._release(free - taken)
        return True

    def _block_ms(self) -> int:
        return self.backlog.block_ms(min(_BLOCK_MS, self._host._beat_ms))

    async def _read(self, free: int) -> int:
        host = self._host
        block = None if len(host._lanes) > 1 else self._block_ms()
        where = {self.stream: ">"}
        read = await host._redis.xreadgroup(host._group, host._consumer, where, count=free, block=block)
        entries = entries_of(read)
        self._has_news = len(entries) == free
        return sum(self._take(entry, fields, 1) for entry, fields in entries)

    async def _await_news(self) -> bool:
        """
        Keeps no room while it waits: for an entry behind the newest, whoever is given it. What came before the newest was found
        is there to be asked for; what comes later ends the next wait.
        """
        if self._has_news:
            return True
        redis = self._host._redis
        if not await redis.xread({self.stream: self._newest}, count=1, block=self._block_ms()):
            return False
        for entry, _ in await redis.xrevrange(self.stream, count=1):
            self._newest = r.text(entry)
        self._has_news = True
        return True

    async def _take_over(self, free: int) -> int:
        """Takes what lies idle, with the attempt that each has before it."""
        host = self._host
        found = await host._redis.xpending_range(
            self.stream, host._group, "-", "+", free, idle=host._retry_after_ms
        )
        if len(found) < free:
            self._claim_at = time.monotonic() + host._beat_ms / 1000
        # The group may have been set back, of which nothing is heard.
        self._has_news = True
        attempts = {r.text(each["message_id"]): int(each["times_delivered"]) + 1 for each in found}
        return await self._claim(host._retry_after_ms, attempts)

    async def _claim(self, idle_ms: int, attempts: Mapping[str, int]) -> int:
        if not attempts:
            return 0
        host = self._host
        claimed = await host._redis.xclaim(self.stream, host._group, host._consumer, idle_ms, list(attempts))
        return sum(self._take(r.text(entry), fields, attempts.get(r.text(entry), 1)) for entry, fields in claimed)

    def _take(self, entry: str, fields: Any, attempt: int) -> bool:
        if not fields or entry in self.running:
            return False
        run = self._host._perform(self, entry, task_of(fields, attempt))
        self.running[entry] = asyncio.create_task(run)
        return True
