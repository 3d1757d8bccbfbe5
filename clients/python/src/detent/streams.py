"""Changes and workers, over consumer groups."""

from __future__ import annotations

import logging
import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Sequence, Union

from redis import Redis
from redis.exceptions import ResponseError

from . import replies as r
from ._words import to_json
from .errors import typed
from ._partitions import BLOCK_MS, COUNT, RETRY_S, Patience, first_pending, is_moving, is_of_redis
from .tasks import (
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

Handler = Callable[[Task], Any]

_log = logging.getLogger("detent")
_BLOCK_MS = BLOCK_MS


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
    """The changes of a definition, read through a consumer group: each machine's in order and without a gap."""

    def __init__(self, redis: Redis, streams: Sequence[str], group: str, consumer: str, block_ms: int) -> None:
        self._redis = redis
        self._streams = streams
        self._group = group
        self._consumer = consumer
        self._block_ms = block_ms
        self._stopped = threading.Event()

    def read(self) -> Iterator[Change]:
        if len(self._streams) == 1:
            for change in self._follow(self._streams[0], self._block_ms):
                yield change
            return
        # A thread for each stream, of each of which a piece is read ahead.
        found: "queue.Queue[Union[Change, Exception]]" = queue.Queue(1)
        threads = [threading.Thread(target=self._feed, args=(each, found), daemon=True) for each in self._streams]
        for thread in threads:
            thread.start()
        try:
            while True:
                item = found.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self._stopped.set()
            for thread in threads:
                while thread.is_alive():
                    _drain(found)
                    thread.join(0.01)

    def _feed(self, stream: str, found: "queue.Queue[Union[Change, Exception]]") -> None:
        try:
            for change in self._follow(stream, min(self._block_ms, BLOCK_MS)):
                found.put(change)
                if self._stopped.is_set():
                    return
        except Exception as error:
            found.put(error)

    def _follow(self, stream: str, block_ms: int) -> Iterator[Change]:
        patience = Patience()
        # First what was handed out and not acknowledged, then what is new.
        last, is_new, is_ready = "0-0", False, False
        while not self._stopped.is_set():
            try:
                if not is_ready:
                    ensure_group(self._redis, stream, self._group)
                    is_ready = True
                entries = self._entries(stream, ">" if is_new else last, block_ms if is_new else None)
                if is_new and entries and not self._is_next(stream, last, entries[0][0]):
                    # A reply was lost on the way: what it gave comes first.
                    entries, is_new = [], False
                    continue
                patience.rest()
            except Exception as error:
                if not patience.passes(error):
                    raise
                is_new = False
                self._stopped.wait(RETRY_S)
                continue
            if not entries:
                is_new = True
            for entry, fields in entries:
                last = entry
                if fields is None:
                    self._ack(stream, entry)
                else:
                    yield self._change(stream, entry, fields)

    def _entries(self, stream: str, after: str, block: Optional[int]) -> Any:
        where = {stream: after}
        return entries_of(self._redis.xreadgroup(self._group, self._consumer, where, count=COUNT, block=block))

    def _is_next(self, stream: str, last: str, entry: str) -> bool:
        """Whether an entry is the first that the consumer has pending behind the last one, or the group was set back."""
        after = last if is_before(last, entry) else "0-0"
        found = self._redis.xpending_range(stream, self._group, f"({after}", "+", 1, self._consumer)
        return bool(r.text(first_pending(found)) == entry)

    def _change(self, stream: str, entry: str, fields: Mapping[Any, Any]) -> Change:
        return Change(**change_of(stream, entry, fields), ack=lambda: self._ack(stream, entry))

    def _ack(self, stream: str, entry: str) -> None:
        patience = Patience()
        while True:
            try:
                self._redis.xack(stream, self._group, entry)
                return
            except Exception as error:
                if not patience.passes(error):
                    raise
                self._stopped.wait(RETRY_S)


def _drain(found: "queue.Queue[Any]") -> None:
    try:
        found.get_nowait()
    except queue.Empty:
        pass


class Worker:
    """`run` takes tasks until `stop` is called from another thread, or from a handler."""

    def __init__(
        self,
        redis: Redis,
        name: str,
        streams: Callable[[], Sequence[str]],
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
        self._concurrency = concurrency
        self._group = group
        self._consumer = consumer or new_consumer()
        self._retry_after_ms = retry_after_ms
        self._beat_ms = max(1, retry_after_ms // 3)
        self._stopped = threading.Event()
        self._lanes: Sequence[_Lane] = []
        self._lock = threading.Lock()
        #: Room for tasks that no lane has.
        self._room = threading.Semaphore(0)

    def run(self) -> None:
        """Works until `stop`. What goes wrong is logged under `detent`, and tried again."""
        self._lanes = [_Lane(self, stream) for stream in self._streams()]
        keeper = threading.Thread(target=self._keep, daemon=True)
        keeper.start()
        for _ in range(self._concurrency):
            self._room.release()
        with ThreadPoolExecutor(self._concurrency) as pool, ThreadPoolExecutor(len(self._lanes)) as lanes:
            for lane in as_completed([lanes.submit(lane.loop, pool) for lane in self._lanes]):
                try:
                    lane.result()
                except BaseException:
                    self._stopped.set()
                    raise
        keeper.join()

    def stop(self) -> None:
        """Asks for no further tasks; `run` returns when those at work are done."""
        self._stopped.set()

    def _reserve(self) -> int:
        """Takes all room there is, which is given back but for what is used."""
        count = 0
        while self._room.acquire(blocking=False):
            count += 1
        return count

    def _release(self, count: int) -> None:
        for _ in range(count):
            self._room.release()

    def _perform(self, lane: "_Lane", entry: str, task: Task) -> None:
        try:
            self._answer(task, self._handler(task))
            self._redis.xack(lane.stream, self._group, entry)
        except Exception:
            _log.exception("worker '%s', task '%s'", self._name, task.id)
            with self._lock:
                lane.backlog.add(entry, task.attempt)
        finally:
            with self._lock:
                del lane.running[entry]
            self._room.release()

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
            for lane in self._lanes:
                with self._lock:
                    entries = [*lane.running, *lane.backlog.entries()]
                if not entries:
                    continue
                try:
                    self._redis.xclaim(lane.stream, self._group, self._consumer, 0, entries, justid=True)
                except Exception as error:
                    if not is_of_redis(error):
                        raise
                    if not is_moving(error):
                        _log.exception("worker '%s'", self._name)


class _Lane:
    """The tasks of one stream. A worker has a lane for each, in a thread of its own; they share its room for tasks."""

    def __init__(self, host: Worker, stream: str) -> None:
        self._host = host
        self.stream = stream
        self.running: Dict[str, "Future[None]"] = {}
        self.backlog = Backlog()
        self._claim_at = 0.0
        #: Among other lanes: an entry behind which there is nothing, or what is there has been noticed.
        self._newest = "0-0"
        self._has_news = True

    def loop(self, pool: ThreadPoolExecutor) -> None:
        host = self._host
        patience = Patience()
        is_ready = False
        while not host._stopped.is_set():
            try:
                if not is_ready:
                    ensure_group(host._redis, self.stream, host._group)
                    is_ready = True
                self._turn(pool)
                patience.rest()
            except Exception as error:
                if not is_of_redis(error):
                    raise
                self._newest, self._has_news = "0-0", True
                if str(error).startswith("NOGROUP"):
                    is_ready = False
                elif patience.passes(error):
                    host._stopped.wait(RETRY_S)
                elif isinstance(error, ResponseError) and not is_moving(error):
                    raise
                else:
                    _log.exception("worker '%s'", host._name)
                    host._stopped.wait(_BLOCK_MS / 1000)

    def _turn(self, pool: ThreadPoolExecutor) -> None:
        host = self._host
        self._with_room(lambda free: self._claim(pool, 0, self._due(free)))
        if time.monotonic() >= self._claim_at:
            self._with_room(lambda free: self._claim(pool, host._retry_after_ms, self._idle(free)))
        if len(host._lanes) > 1 and not self._await_news():
            return
        if not self._with_room(lambda free: self._read(pool, free)) and host._room.acquire(timeout=_BLOCK_MS / 1000):
            host._room.release()

    def _with_room(self, take: Callable[[int], int]) -> bool:
        """Does something that takes tasks; False where there is no room for any."""
        free = self._host._reserve()
        if free == 0:
            return False
        taken = 0
        try:
            if not self._host._stopped.is_set():
                taken = take(free)
        finally:
            self._host._release(free - taken)
        return True

    def _due(self, free: int) -> Dict[str, int]:
        with self._host._lock:
            return self.backlog.due(free)

    def _block_ms(self) -> int:
        with self._host._lock:
            return self.backlog.block_ms(min(_BLOCK_MS, self._host._beat_ms))

    def _read(self, pool: ThreadPoolExecutor, free: int) -> int:
        host = self._host
        block = None if len(host._lanes) > 1 else self._block_ms()
        where = {self.stream: ">"}
        read = entries_of(host._redis.xreadgroup(host._group, host._consumer, where, count=free, block=block))
        self._has_news = len(read) == free
        return sum(self._take(pool, entry, fields, 1) for entry, fields in read)

    def _await_news(self) -> bool:
        """
        Keeps no room while it waits: for an entry behind the newest, whoever is given it. What came before the newest was found
        is there to be asked for; what comes later ends the next wait.
        """
        if self._has_news:
            return True
        redis = self._host._redis
        if not redis.xread({self.stream: self._newest}, count=1, block=self._block_ms()):
            return False
        for entry, _ in redis.xrevrange(self.stream, count=1):
            self._newest = r.text(entry)
        self._has_news = True
        return True

    def _idle(self, free: int) -> Dict[str, int]:
        """What lies idle, with the attempt that each has before it."""
        host = self._host
        found = host._redis.xpending_range(
            self.stream, host._group, "-", "+", free, idle=host._retry_after_ms
        )
        if len(found) < free:
            self._claim_at = time.monotonic() + host._beat_ms / 1000
        # The group may have been set back, of which nothing is heard.
        self._has_news = True
        return {r.text(each["message_id"]): int(each["times_delivered"]) + 1 for each in found}

    def _claim(self, pool: ThreadPoolExecutor, idle_ms: int, attempts: Mapping[str, int]) -> int:
        if not attempts:
            return 0
        host = self._host
        claimed = host._redis.xclaim(self.stream, host._group, host._consumer, idle_ms, list(attempts))
        return sum(
            self._take(pool, r.text(entry), fields, attempts.get(r.text(entry), 1)) for entry, fields in claimed
        )

    def _take(self, pool: ThreadPoolExecutor, entry: str, fields: Any, attempt: int) -> bool:
        host = self._host
        with host._lock:
            if not fields or entry in self.running:
                return False
            self.running[entry] = pool.submit(host._perform, self, entry, task_of(fields, attempt))
            return True
