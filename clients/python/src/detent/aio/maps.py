# Made by tools/make_aio.py from maps.py: change that, and run it.
"""Map machines: a map of targets of their own instead of a definition. `mutate`, `reset` and `state` are for them too."""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Optional

from .. import replies as r
from .._words import document


class MapMachines:
    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    async def template(self) -> Any:
        """A blank machine, to be filled in."""
        return r.data(await self._call("SM.TEMPLATE"))

    async def set(self, key: str, machine: Mapping[str, Any], current: Optional[str] = None) -> None:
        await self._call("SM.SET", key, document(machine), *([] if current is None else [current]))

    async def create(self, key: str) -> None:
        await self._call("SM.CREATE", key)

    async def get(self, key: str) -> Any:
        return r.data(await self._call("SM.GET", key))

    async def reason(self, key: str) -> Optional[str]:
        return r.opt_text(await self._call("SM.GET", key, "REASON"))

    async def states(self, key: str) -> List[str]:
        """The states that its map lists."""
        return r.texts(await self._call("SM.STATE", key, "LIST"))
