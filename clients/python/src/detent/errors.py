"""Errors that the server answers with, told apart by their code."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from redis import exceptions

from ._refusal_text import FalseGuard, accepted_in, guards_in

#: Codes by which a machine refuses an event; UNMET is the client's: `if_state` or `if_rev` did not hold.
REFUSAL_CODES = frozenset(
    {
        "ILLEGAL",
        "GUARD",
        "REJECTED",
        "INVARIANT",
        "DONE",
        "SUSPENDED",
        "DUPID",
        "STALE",
        "EXECFAIL",
        "NOMACHINE",
        "UNMET",
    }
)

#: What redis-py makes a class of, it takes the code away from.
_CLASSES = (
    (exceptions.NoPermissionError, "NOPERM"),
    (exceptions.BusyLoadingError, "LOADING"),
    (exceptions.NoScriptError, "NOSCRIPT"),
    (exceptions.ExecAbortError, "EXECABORT"),
    (exceptions.ReadOnlyError, "READONLY"),
)

#: The other codes that the methods of the client are answered with.
_CODES = REFUSAL_CODES | {
    "NODEF",
    "NOSTATE",
    "NOUNDO",
    "DEFEXISTS",
    "DEFINUSE",
    "INVALIDDEF",
    "STRANDED",
    "WRONGTYPE",
    "MISCONF",
    "OOM",
    "LIMIT",
    "NOGROUP",
    "BUSYGROUP",
    "BUSYKEY",
    "UNBLOCKED",
}


class DetentError(Exception):
    """An error reply: `code` is the first word of it, `str()` all of it, `__cause__` the error of redis-py."""

    code: str

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = message.split(" ", 1)[0]

    @property
    def is_refusal(self) -> bool:
        """True when a machine refused an event: connection, server and request are all right."""
        return self.code in REFUSAL_CODES

    @property
    def accepted(self) -> Sequence[str]:
        """Of ILLEGAL: the events that the machine accepts instead, the first twenty."""
        return accepted_in(str(self))

    @property
    def guards(self) -> Sequence[FalseGuard]:
        """Of GUARD and INVARIANT: the guards that were false, or the invariant, with the values they read."""
        return guards_in(str(self))

    @property
    def values(self) -> Mapping[str, Any]:
        """What those guards read, by path."""
        return {path: value for guard in self.guards for path, value in guard.values.items()}


def typed(error: exceptions.ResponseError) -> DetentError:
    """The error of redis-py as one of ours, with the code that redis-py has taken away put back."""
    text = str(error)
    for kind, code in _CLASSES:
        if isinstance(error, kind):
            return DetentError(f"{code} {text}")
    return DetentError(text if text.split(" ", 1)[0] in _CODES else f"ERR {text}")
