"""Migrations: moving all machines of a definition to another one. Replies are dicts with the fields of the server."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional

from . import _sums
from . import replies as r
from ._words import json_option, option, switch


class Migrations:
    def __init__(self, call: Callable[..., Any], each: Callable[..., Any]) -> None:
        """`each` asks every partition, and returns a list."""
        self._call = call
        self._each = each

    def plan(self, source: str, target: str, map: Optional[Mapping[str, Any]] = None) -> Dict[str, Any]:
        """Where machines would go, without moving one; in a cluster, those of the server that is asked."""
        reply = self._call("SM.MIGRATION", "PLAN", source, target, *json_option("MAP", map))
        return r.document(reply, maps=("dropped",), lists=("states", "strays", "examples", "proposed"))

    def start(self, plan: int, *, rate: Optional[int] = None, is_held: bool = False) -> int:
        """Moves machines in the background, after a plan; returns the number."""
        words = [*option("RATE", rate), *switch("HOLD", is_held)]
        return int(self._call("SM.MIGRATION", "START", plan, *words))

    def start_from(
        self,
        source: str,
        target: str,
        map: Optional[Mapping[str, Any]] = None,
        *,
        rate: Optional[int] = None,
        is_held: bool = False,
    ) -> int:
        """The same without a plan."""
        words = [*json_option("MAP", map), *option("RATE", rate), *switch("HOLD", is_held)]
        return int(self._call("SM.MIGRATION", "START", source, target, *words))

    def status(self, id: int, examples: Optional[int] = None) -> Dict[str, Any]:
        replies = self._each("SM.MIGRATION", "STATUS", id, *option("COUNT", examples))
        each = [r.document(reply, maps=("out",), lists=("examples",)) for reply in replies]
        return _sums.migration_status(each, examples)

    def list(self) -> List[Dict[str, Any]]:
        replies = self._each("SM.MIGRATION", "LIST")
        return _sums.migration_list([r.document(item) for item in reply] for reply in replies)

    def pause(self, id: int) -> bool:
        return r.flag(self._call("SM.MIGRATION", "PAUSE", id))

    def resume(self, id: int) -> bool:
        return r.flag(self._call("SM.MIGRATION", "RESUME", id))

    def undo(self, id: int) -> Dict[str, Any]:
        """Takes the machines back that have not changed since."""
        replies = self._each("SM.MIGRATION", "UNDO", id, "CHECK")
        reply = self._call("SM.MIGRATION", "UNDO", id)
        each = replies if len(replies) > 1 else [reply]
        return _sums.migration_undo([r.document(one, maps=("out",)) for one in each])

    def undo_plan(self, id: int) -> Dict[str, Any]:
        """What that would leave out; takes none back."""
        replies = self._each("SM.MIGRATION", "UNDO", id, "CHECK")
        return _sums.migration_undo([r.document(reply, maps=("out",)) for reply in replies])

    def what_if(
        self,
        source: str,
        target: str,
        *,
        count: Optional[int] = None,
        since: Optional[int] = None,
        control: Optional[str] = None,
    ) -> Optional[Dict[str, Any]]:
        """Runs recorded events under another definition in the background; `control`: pause, resume or stop."""
        words = [*option("COUNT", count), *option("SINCE", since), *([] if control is None else [control.upper()])]
        reply = self._call("SM.MIGRATION", "WHATIF", source, target, *words)
        return None if reply is None else r.document(reply, maps=("differences",), lists=("first", "examples"))
