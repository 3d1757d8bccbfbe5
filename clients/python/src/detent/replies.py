"""What the replies say, as typed objects. Times are milliseconds since the epoch."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Callable, Iterable, List, Mapping, Optional, Sequence, Tuple, Type, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Sent:
    """What became of an event."""

    states: List[str]
    rev: int
    #: False for an event that was ignored, deferred, kept by a join or scheduled; `code` says which.
    has_changed: bool
    code: str
    from_states: List[str]
    to_states: List[str]
    at: int
    output: Any
    log: List[Any]


@dataclass(frozen=True)
class Candidate:
    """A transition that was considered, or the place of a join."""

    from_state: str
    event: str
    targets: List[str]
    guard: Optional[str]
    result: str
    error: Optional[str]
    values: Mapping[str, Any]
    place: Optional[str]
    missing: List[str]


@dataclass(frozen=True)
class Why:
    """What an event would do, and why."""

    event: str
    states: List[str]
    verdict: str
    message: Optional[str]
    to_states: List[str]
    context: Any
    candidates: List[Candidate]
    parent: Optional[str]
    children: List[str]


@dataclass(frozen=True)
class Next:
    """A transition of the active states, or an empty place of their joins."""

    event: str
    from_state: str
    targets: List[str]
    guard: Optional[str]
    #: None where it depends on the data of the event.
    holds: Optional[bool]
    place: Optional[str]
    missing: List[str]
    stops: List[str]


@dataclass(frozen=True)
class Step:
    """A change of a machine, as its history and the change stream have it."""

    event: Optional[str]
    id: Optional[str]
    by: Optional[str]
    reason: Optional[str]
    from_states: List[str]
    to_states: List[str]
    data: Any
    context: Any


@dataclass(frozen=True)
class Recorded(Step):
    """An entry of the history of a machine."""

    rev: int
    at: int
    stamp: Optional[int]
    kind: str
    via: List[str]
    gone: List[str]
    log: List[Any]
    output: Any
    trace: Optional[str]


@dataclass(frozen=True)
class Machine:
    """A machine; `key` is set where a scan has found it."""

    definition: Optional[str]
    states: List[str]
    status: str
    rev: int
    context: Any
    output: Any
    tags: List[str]
    created: int
    updated: int
    reason: Optional[str]
    pending: int
    timers: int
    failed: int
    overdue: List[str]
    parent: Optional[str]
    children: List[str]
    #: None where the key does not expire.
    ttl_ms: Optional[int]
    key: Optional[str] = None


@dataclass(frozen=True)
class Outcome:
    """What became of an event that had an id."""

    event: str
    data: Any
    id: str
    by: Optional[str]
    at: int
    received: int
    code: str
    from_states: List[str]
    to_states: List[str]
    rev: int
    details: Optional[str]
    output: Any
    log: List[Any]


@dataclass(frozen=True)
class Pending:
    """Something that a machine has before it: an event, a timer, a task, a failed step, a child."""

    id: str
    kind: str
    event: str
    due: Optional[int]
    data: Any
    states: List[str]
    error: Optional[str]
    place: Optional[str]
    key: Optional[str]
    definition: Optional[str]
    status: Optional[str]


@dataclass(frozen=True)
class JoinPlace:
    """The place of a join: it holds an event, or waits for one."""

    state: str
    place: str
    event: str
    is_kept: bool
    data: Any
    id: Optional[str]


@dataclass(frozen=True)
class Overdue:
    """A state that has lasted longer than its `sla`."""

    key: str
    state: str
    since: int
    sla: int
    overdue_ms: int
    definition: str


@dataclass(frozen=True)
class ServerStream:
    """A stream that the server writes; a cluster has one of each for each partition."""

    #: Its key.
    stream: str
    #: changes, tasks, dead, refusals, audit or ingest.
    kind: str
    #: The definition or the task it is of.
    name: Optional[str]
    partition: int
    slot: int
    #: The id of the server that owns the partition, and where it is reached.
    owner: Optional[str]
    host: Optional[str]
    port: Optional[int]
    #: None where another server owns it than the one that was asked.
    length: Optional[int]
    last_id: Optional[str]


@dataclass(frozen=True)
class Replayed:
    """A change that was run again."""

    rev: int
    event: str
    recorded: List[str]
    computed: List[str]
    is_equal: bool
    difference: Optional[str]


@dataclass(frozen=True)
class Finding:
    """Something to say about a definition; `within` is `text` or `document` of one that was translated."""

    severity: str
    path: str
    message: str
    within: Optional[str]


def text(value: Any) -> str:
    """A string as it is, bytes as UTF-8."""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def opt_text(value: Any) -> Optional[str]:
    return None if value is None else text(value)


def opt_int(value: Any) -> Optional[int]:
    return None if value is None else int(value)


def opt_flag(value: Any) -> Optional[bool]:
    return None if value is None else int(value) == 1


def flag(value: Any) -> bool:
    return value is not None and int(value) == 1


def texts(value: Any) -> List[str]:
    if value is None:
        return []
    if isinstance(value, (bytes, str)):
        return [text(value)]
    return [text(item) for item in value]


def data(value: Any) -> Any:
    """The value of a JSON text; None where there is none."""
    return None if value is None else json.loads(value)


def log(value: Any) -> List[Any]:
    return data(value) or []


def ttl(value: Any) -> Optional[int]:
    return None if int(value) == -1 else int(value)


def fields_of(reply: Any) -> Mapping[str, Any]:
    """A map reply: a dict in RESP3, a flat list in RESP2."""
    if isinstance(reply, dict):
        return {text(name): value for name, value in reply.items()}
    flat = list(reply or [])
    return {text(flat[at]): flat[at + 1] for at in range(0, len(flat) - 1, 2)}


def pairs_of(reply: Any) -> Iterable[Tuple[str, Any]]:
    if isinstance(reply, dict):
        return [(text(key), value) for key, value in reply.items()]
    return [(text(pair[0]), pair[1]) for pair in reply]


def values(reply: Any) -> Mapping[str, Any]:
    return {name: data(value) for name, value in fields_of(reply).items()}


def plain(reply: Any) -> Any:
    """A reply of maps, lists and numbers as it is, with strings for bytes and dicts for the maps of RESP2."""
    if isinstance(reply, bytes):
        return text(reply)
    if isinstance(reply, dict):
        return {text(name): plain(value) for name, value in reply.items()}
    if isinstance(reply, (list, tuple)):
        return [plain(item) for item in reply]
    return reply


#: The fields of a reply that a property has another name for.
_NAMES = {
    "states": "state",
    "from_state": "from",
    "from_states": "from",
    "to_states": "to",
    "has_changed": "changed",
    "is_equal": "equal",
    "ttl_ms": "ttl",
    "overdue_ms": "overdueMs",
    "last_id": "lastId",
    "within": "in",
}

_READERS: Mapping[str, Callable[[Any], Any]] = {
    "int": int,
    "bool": flag,
    "str": text,
    "List[str]": texts,
    "List[Any]": log,
    "Optional[str]": opt_text,
    "Optional[int]": opt_int,
    "Optional[bool]": opt_flag,
    "Any": data,
    "Mapping[str, Any]": values,
    "List[Candidate]": lambda reply: [read(Candidate, item) for item in reply],
}


def read(kind: Type[T], reply: Any, **given: Any) -> T:
    """A map reply as an object, each property read as its annotation says; `given` are those that are known already."""
    found = fields_of(reply)
    known = dict(given)
    for field in fields(kind):
        if field.name in known or field.name == "key" and kind is Machine:
            continue
        value = found.get(_NAMES.get(field.name, field.name))
        known[field.name] = ttl(value) if field.name == "ttl_ms" else _READERS[str(field.type)](value)
    return kind(**known)


def read_all(kind: Type[T], reply: Any) -> List[T]:
    return [read(kind, item) for item in reply or []]


def joins_of(pending: Sequence[Pending], following: Sequence[Next]) -> List[JoinPlace]:
    kept = [
        JoinPlace(event.states[0], event.place or "", event.event, True, event.data, event.id)
        for event in pending
        if event.kind == "kept"
    ]
    empty = [
        JoinPlace(each.from_state, each.place, each.event, False, None, None)
        for each in following
        if each.place is not None
    ]
    return kept + empty


def document(reply: Any, *, maps: Sequence[str] = (), lists: Sequence[str] = ()) -> dict[str, Any]:
    """A map reply as a dict; `maps` are fields that hold one again, `lists` those that hold several."""
    found: dict[str, Any] = {}
    for name, value in fields_of(reply).items():
        if name in maps:
            found[name] = document(value)
        elif name in lists:
            found[name] = [document(item) for item in value]
        else:
            found[name] = plain(value)
    return found
