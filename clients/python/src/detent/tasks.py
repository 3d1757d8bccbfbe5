"""Tasks and changes as their streams hold them, and which tasks wait for another attempt."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from . import replies as r

#: Refusals that are an answer: no further attempt changes them, as the id of the task is spent or the machine gone.
FINAL = re.compile(r"(DUPID|ILLEGAL|GUARD|REJECTED|INVARIANT|EXECFAIL|DONE|NOMACHINE|WRONGTYPE)$")

#: Tasks that have failed and wait for their next attempt; beyond these, they are left to lie idle.
WAITING_MAX = 1000


@dataclass(frozen=True)
class Task:
    #: It answers once.
    id: str
    #: Key of the machine.
    key: str
    input: Any
    #: When it is given up.
    deadline_ms: Optional[int]
    #: Which delivery this is, from 1.
    attempt: int
    #: The event that the answer is.
    done: Optional[str]
    #: The traceparent of the change that has set it.
    trace: Optional[str]


@dataclass(frozen=True)
class ChangeFields(r.Step):
    """A change of a machine, as the change stream holds it."""

    entry: str
    #: That of the entry: in a cluster with several partitions, of the partition of the machine.
    stream: str
    key: str
    definition: str
    rev: int
    kind: str
    at: int


def texts_of(fields: Mapping[Any, Any]) -> Dict[str, str]:
    return {r.text(name): r.text(value) for name, value in fields.items()}


def task_of(fields: Mapping[Any, Any], attempt: int) -> Task:
    found = texts_of(fields)
    deadline = found.get("deadline")
    return Task(
        id=found["id"],
        key=found["key"],
        input=r.data(found.get("input")),
        deadline_ms=None if deadline is None else int(deadline),
        attempt=attempt,
        done=found.get("done"),
        trace=found.get("trace"),
    )


def change_of(stream: str, entry: str, fields: Mapping[Any, Any]) -> Dict[str, Any]:
    """The properties of a `ChangeFields`."""
    found = texts_of(fields)
    return {
        "entry": entry,
        "stream": stream,
        "key": found["key"],
        "definition": found.get("def", ""),
        "rev": int(found["rev"]),
        "kind": found["kind"],
        "event": found.get("event"),
        "id": found.get("id"),
        "by": found.get("by"),
        "reason": found.get("reason"),
        "from_states": r.data(found.get("from")) or [],
        "to_states": r.data(found.get("to")) or [],
        "data": r.data(found.get("data")),
        "context": r.data(found.get("context")),
        "at": int(found["at"]),
    }


def answer_words(task: Task, output: Any, json: str) -> List[str]:
    data = [] if output is None else [json]
    trace = [] if task.trace is None else ["TRACE", task.trace]
    return ["SM.SEND", task.key, task.done or "", *data, "ID", task.id, *trace]


def new_consumer() -> str:
    return uuid.uuid4().hex


def entries_of(reply: Any) -> List[Tuple[str, Optional[Mapping[Any, Any]]]]:
    """The entries of the only stream of a reply of XREADGROUP, whose id comes without fields when it was removed."""
    streams = list(reply.values()) if isinstance(reply, dict) else [stream[1] for stream in reply or []]
    # In RESP3 redis-py puts the entries of a stream in a list of their own.
    found = streams[0] if streams else []
    if isinstance(found, list) and found and isinstance(found[0], list):
        found = found[0]
    return [(r.text(id), fields or None) for id, fields in found]


def is_before(left: str, right: str) -> bool:
    """Whether the id of an entry, `ms-seq`, is lower than another."""
    return [int(part) for part in left.split("-")] < [int(part) for part in right.split("-")]


class Backlog:
    """Tasks that have failed, by entry: when each is tried again, and which attempt that is."""

    def __init__(self) -> None:
        self._waiting: Dict[str, Tuple[float, int]] = {}

    def add(self, entry: str, attempt: int) -> None:
        if len(self._waiting) < WAITING_MAX:
            self._waiting[entry] = (time.monotonic() + min(2 ** (attempt - 1), 60), attempt + 1)

    def entries(self) -> Sequence[str]:
        return list(self._waiting)

    def due(self, free: int) -> Dict[str, int]:
        """Takes those out that are due, with the attempt that each has before it."""
        now = time.monotonic()
        due = {entry: attempt for entry, (at, attempt) in self._waiting.items() if at <= now}
        taken = dict(list(due.items())[:free])
        for entry in taken:
            del self._waiting[entry]
        return taken

    def block_ms(self, most_ms: int) -> int:
        now = time.monotonic()
        return max(1, min([most_ms, *(int((at - now) * 1000) + 1 for at, _ in self._waiting.values())]))
