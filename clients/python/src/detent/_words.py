"""The arguments of requests."""

from __future__ import annotations

import json
from typing import Any, List, Optional, Sequence, Union

Words = List[Union[str, int]]
#: Commands without a key: in a cluster they go to the owner.
KEYLESS = frozenset(
    ["SM.COUNT", "SM.DEF", "SM.MIGRATION", "SM.OVERDUE", "SM.REQUEUE", "SM.SCAN", "SM.STREAMS", "SM.TEMPLATE"]
)
#: One state, or one for each parallel region.
States = Union[str, Sequence[str], None]


def option(name: str, value: Union[str, int, None]) -> Words:
    return [] if value is None else [name, value]


def json_option(name: str, value: Any) -> Words:
    return [] if value is None else [name, document(value)]


def switch(name: str, is_on: bool) -> Words:
    return [name] if is_on else []


def states(given: States) -> Words:
    if given is None:
        return []
    names = [given] if isinstance(given, str) else given
    return [word for name in names for word in ("STATE", name)]


def author(by: Optional[str], reason: Optional[str]) -> Words:
    return [*option("REASON", reason), *option("BY", by)]


def document(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value)


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def event_data(data: Any) -> Words:
    return [] if data is None else [to_json(data)]


def filters(definition: Optional[str], state: Optional[str], status: Optional[str]) -> Words:
    return [*option("DEF", definition), *option("STATE", state), *option("STATUS", status)]
