"""Changes and workers, over consumer groups."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, Mapping, Optional

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from .. import replies as r
from .._words import to_json
from ..errors import typed
from ..tasks import FINAL, Backlog, ChangeFields, Task, answer_words, change_of, entries_of, new_consumer, task_of

Handler = Callable[[Task], Awaitable[Any]]

_log = logging.getLogger("detent")
_BLOCK_MS = 500


@dataclass(frozen=True)
class Change(ChangeFields):
    """A change of a machine; `ack` acknowledges it."""

    ack: Callable[[], Awaitable[None]]


async def ensure_group(redis: Redis, stream: str, group: str) -> None:
    try:
        await redis.xgroup_create(stream, group, "0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


class Changes:
    """The change stream of a definition, read through a consumer group, in order and without a gap."""

    def __init__(self, redis: Redis, name: str, group: str, consumer: str, block_ms: int) -> None:
        self._redis = redis
        self._stream = f"sm:changes:{name}"
        self._group = group
        self._consumer = consumer
        self._block_ms = block_ms

    async def read(self) -> AsyncIterator[Change]:
        await ensure_group(self._redis, self._stream, self._group)
        # First what was handed out and not acknowledged, then what is new.
        last = "0-0"
        while True:
            entries = await self._entries(last)
            if not entries:
                last = ">"
            for entry, fields in entries:
                if last != ">":
                    last = entry
                if fields is None:
                    await self._ack(entry)
                else:
                    yield self._change(entry, fields)

    async def _entries(self, after: str) -> Any:
        block = self._block_ms if after == ">" else None
        where = {self._stream: after}
        return entries_of(await self._redis.xreadgroup(self._group, self._consumer, where, count=100, block=block))

    def _change(self, entry: str, fields: Mapping[Any, Any]) -> Change:
        return Change(**change_of(entry, fields), ack=lambda: self._ack(entry))

    async def _ack(self, entry: str) -> None:
        await self._redis.xack(self._stream, self._group, entry)


class Worker:
    """`run` takes tasks until `stop` is called."""

    def __init__(
        self,
        redis: Redis,
        name: str,
        handler: Handler,
        *,
        concurrency: int,
        group: str,
        consumer: Optional[str],
        retry_after_ms: int,
    ) -> None:
        self._redis = redis
        self._stream = f"sm:tasks:{name}"
        self._name = name
        self._handler = handler
        self._concurrency = concurrency
        self._group = group
        self._consumer = consumer or new_consumer()
        self._retry_after_ms = retry_after_ms
        self._beat_ms = max(1, retry_after_ms // 3)
        self._is_stopped = False
        self._running: Dict[str, "asyncio.Task[None]"] = {}
        self._backlog = Backlog()

    async def run(self) -> None:
        """Works until `stop`. What goes wrong is logged under `detent`, and tried again."""
        await ensure_group(self._redis, self._stream, self._group)
        keeper = asyncio.create_task(self._keep())
        try:
            while not self._is_stopped:
                try:
                    await self._turn()
                except ResponseError as error:
                    if not str(error).startswith("NOGROUP"):
                        raise
                    await ensure_group(self._redis, self._stream, self._group)
                except RedisError:
                    _log.exception("worker '%s'", self._name)
                    await asyncio.sleep(_BLOCK_MS / 1000)
            await asyncio.gather(*self._running.values())
        finally:
            keeper.cancel()

    def stop(self) -> None:
        """Asks for no further tasks; `run` returns when those at work are done."""
        self._is_stopped = True

    def _free(self) -> int:
        return self._concurrency - len(self._running)

    async def _turn(self) -> None:
        if self._free() == 0:
            await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
            return
        await self._claim(0, self._backlog.due(self._free()))
        if self._free() > 0:
            await self._claim(self._retry_after_ms, await self._idle(self._free()))
        if self._free() > 0 and not self._is_stopped:
            block = self._backlog.block_ms(min(_BLOCK_MS, self._beat_ms))
            where = {self._stream: ">"}
            count = self._free()
            read = await self._redis.xreadgroup(self._group, self._consumer, where, count=count, block=block)
            for entry, fields in entries_of(read):
                self._take(entry, fields, 1)

    async def _idle(self, free: int) -> Dict[str, int]:
        """What lies idle, with the attempt that each has before it."""
        found = await self._redis.xpending_range(
            self._stream, self._group, "-", "+", free, idle=self._retry_after_ms
        )
        return {r.text(each["message_id"]): int(each["times_delivered"]) + 1 for each in found}

    async def _claim(self, idle_ms: int, attempts: Mapping[str, int]) -> None:
        if not attempts:
            return
        claimed = await self._redis.xclaim(self._stream, self._group, self._consumer, idle_ms, list(attempts))
        for entry, fields in claimed:
            self._take(r.text(entry), fields, attempts.get(r.text(entry), 1))

    def _take(self, entry: str, fields: Any, attempt: int) -> None:
        if fields and entry not in self._running:
            self._running[entry] = asyncio.create_task(self._perform(entry, task_of(fields, attempt)))

    async def _perform(self, entry: str, task: Task) -> None:
        try:
            await self._answer(task, await self._handler(task))
            await self._redis.xack(self._stream, self._group, entry)
        except Exception:
            _log.exception("worker '%s', task '%s'", self._name, task.id)
            self._backlog.add(entry, task.attempt)
        finally:
            del self._running[entry]

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
            entries = [*self._running, *self._backlog.entries()]
            if not entries:
                continue
            try:
                await self._redis.xclaim(self._stream, self._group, self._consumer, 0, entries, justid=True)
            except RedisError:
                _log.exception("worker '%s'", self._name)
