"""Changes and workers, over consumer groups."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, Mapping, Optional

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from . import replies as r
from ._words import to_json
from .errors import typed
from .tasks import FINAL, Backlog, ChangeFields, Task, answer_words, change_of, entries_of, new_consumer, task_of

Handler = Callable[[Task], Any]

_log = logging.getLogger("detent")
_BLOCK_MS = 500


@dataclass(frozen=True)
class Change(ChangeFields):
    """A change of a machine; `ack` acknowledges it."""

    ack: Callable[[], None]


def ensure_group(redis: Redis, stream: str, group: str) -> None:
    try:
        redis.xgroup_create(stream, group, "0", mkstream=True)
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

    def read(self) -> Iterator[Change]:
        ensure_group(self._redis, self._stream, self._group)
        # First what was handed out and not acknowledged, then what is new.
        last = "0-0"
        while True:
            entries = self._entries(last)
            if not entries:
                last = ">"
            for entry, fields in entries:
                if last != ">":
                    last = entry
                if fields is None:
                    self._ack(entry)
                else:
                    yield self._change(entry, fields)

    def _entries(self, after: str) -> Any:
        block = self._block_ms if after == ">" else None
        where = {self._stream: after}
        return entries_of(self._redis.xreadgroup(self._group, self._consumer, where, count=100, block=block))

    def _change(self, entry: str, fields: Mapping[Any, Any]) -> Change:
        return Change(**change_of(entry, fields), ack=lambda: self._ack(entry))

    def _ack(self, entry: str) -> None:
        self._redis.xack(self._stream, self._group, entry)


class Worker:
    """`run` takes tasks until `stop` is called from another thread, or from a handler."""

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
        self._stopped = threading.Event()
        self._running: Dict[str, "Future[None]"] = {}
        self._backlog = Backlog()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Works until `stop`. What goes wrong is logged under `detent`, and tried again."""
        ensure_group(self._redis, self._stream, self._group)
        keeper = threading.Thread(target=self._keep, daemon=True)
        keeper.start()
        with ThreadPoolExecutor(self._concurrency) as pool:
            while not self._stopped.is_set():
                try:
                    self._turn(pool)
                except ResponseError as error:
                    if not str(error).startswith("NOGROUP"):
                        raise
                    ensure_group(self._redis, self._stream, self._group)
                except RedisError:
                    _log.exception("worker '%s'", self._name)
                    self._stopped.wait(_BLOCK_MS / 1000)
        keeper.join()

    def stop(self) -> None:
        """Asks for no further tasks; `run` returns when those at work are done."""
        self._stopped.set()

    def _free(self) -> int:
        with self._lock:
            return self._concurrency - len(self._running)

    def _turn(self, pool: ThreadPoolExecutor) -> None:
        free = self._free()
        if free == 0:
            with self._lock:
                running = list(self._running.values())
            wait(running, timeout=_BLOCK_MS / 1000, return_when=FIRST_COMPLETED)
            return
        self._claim(pool, 0, self._backlog.due(free))
        if self._free() > 0:
            self._claim(pool, self._retry_after_ms, self._idle(self._free()))
        if self._free() > 0 and not self._stopped.is_set():
            block = self._backlog.block_ms(min(_BLOCK_MS, self._beat_ms))
            where = {self._stream: ">"}
            count = self._free()
            read = self._redis.xreadgroup(self._group, self._consumer, where, count=count, block=block)
            for entry, fields in entries_of(read):
                self._take(pool, entry, fields, 1)

    def _idle(self, free: int) -> Dict[str, int]:
        """What lies idle, with the attempt that each has before it."""
        found = self._redis.xpending_range(
            self._stream, self._group, "-", "+", free, idle=self._retry_after_ms
        )
        return {r.text(each["message_id"]): int(each["times_delivered"]) + 1 for each in found}

    def _claim(self, pool: ThreadPoolExecutor, idle_ms: int, attempts: Mapping[str, int]) -> None:
        if not attempts:
            return
        claimed = self._redis.xclaim(self._stream, self._group, self._consumer, idle_ms, list(attempts))
        for entry, fields in claimed:
            self._take(pool, r.text(entry), fields, attempts.get(r.text(entry), 1))

    def _take(self, pool: ThreadPoolExecutor, entry: str, fields: Any, attempt: int) -> None:
        with self._lock:
            if fields and entry not in self._running:
                self._running[entry] = pool.submit(self._perform, entry, task_of(fields, attempt))

    def _perform(self, entry: str, task: Task) -> None:
        try:
            self._answer(task, self._handler(task))
            self._redis.xack(self._stream, self._group, entry)
        except Exception:
            _log.exception("worker '%s', task '%s'", self._name, task.id)
            with self._lock:
                self._backlog.add(entry, task.attempt)
        finally:
            with self._lock:
                del self._running[entry]

    def _answer(self, task: Task, output: Any) -> None:
        if task.done is None:
            return
        try:
            self._redis.execute_command(*answer_words(task, output, to_json(output)))
        except ResponseError as error:
            refusal = typed(error)
            if not FINAL.match(refusal.code):
                raise refusal from error
            if refusal.code != "DUPID":
                _log.error("worker '%s', task '%s': %s", self._name, task.id, refusal)

    def _keep(self) -> None:
        """Keeps tasks at work, and those that wait here, from lying idle."""
        while not self._stopped.wait(self._beat_ms / 1000):
            with self._lock:
                entries = [*self._running, *self._backlog.entries()]
            if not entries:
                continue
            try:
                self._redis.xclaim(self._stream, self._group, self._consumer, 0, entries, justid=True)
            except RedisError:
                _log.exception("worker '%s'", self._name)
