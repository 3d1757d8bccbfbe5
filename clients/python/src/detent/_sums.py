"""What several partitions of a cluster answer, as one answer."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Sequence

from . import replies as r

#: A migration does what any partition is still doing, the first of these.
_ORDER = ["PAUSED", "RUNNING", "UNDOING", "DONE", "UNDONE", "PLANNED"]
#: Of machines that were left, unless asked for otherwise.
_EXAMPLES = 10


def counts(replies: Sequence[Any]) -> Dict[str, int]:
    """In the order of names, as each server gives them."""
    found: Dict[str, int] = {}
    for reply in replies:
        for name, number in r.fields_of(reply).items():
            found[name] = found.get(name, 0) + int(number)
    return dict(sorted(found.items())) if len(replies) > 1 else found


def streams(lists: Iterable[List[r.ServerStream]]) -> List[r.ServerStream]:
    """Each server knows all streams, and the length of its own."""
    found: Dict[str, r.ServerStream] = {}
    for each in (row for rows in lists for row in rows):
        if each.stream not in found or each.length is not None:
            found[each.stream] = each
    return list(found.values())


def migration_status(each: Sequence[Dict[str, Any]], examples: Optional[int]) -> Dict[str, Any]:
    if len(each) == 1:
        return each[0]
    total = dict(each[0])
    total.pop("slotsElsewhere", None)
    for name in ("moved", "held", "undone", "stayed"):
        total[name] = sum(one[name] for one in each)
    total["status"] = _first_status(one["status"] for one in each)
    total["left"] = None if any(one["left"] is None for one in each) else sum(one["left"] for one in each)
    total["out"] = _out([one["out"] for one in each])
    total["started"] = min(one["started"] for one in each)
    total["updated"] = max(one["updated"] for one in each)
    ended = [one["ended"] for one in each]
    total["ended"] = None if None in ended else max(ended)
    total["examples"] = [example for one in each for example in one["examples"]][: examples or _EXAMPLES]
    return total


def migration_undo(each: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    if len(each) == 1:
        return each[0]
    machines = sum(one["machines"] for one in each)
    return {"id": each[0]["id"], "machines": machines, "out": _out([one["out"] for one in each])}


def migration_list(lists: Iterable[List[Dict[str, Any]]]) -> List[Dict[str, Any]]:
    found: Dict[int, Dict[str, Any]] = {}
    for each in (row for rows in lists for row in rows):
        known = found.get(each["id"], each)
        status = _first_status([known["status"], each["status"]])
        found[each["id"]] = {**known, "status": status, "at": min(known["at"], each["at"])}
    return [found[id] for id in sorted(found)]


def _first_status(each: Iterable[str]) -> str:
    return min(each, key=_ORDER.index)


def _out(each: Sequence[Dict[str, int]]) -> Dict[str, int]:
    return {name: sum(one[name] for one in each) for name in each[0]}
