"""What the text of a refusal says, as values. The text is bounded: twenty guards, a hundred characters of a value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence, Tuple


@dataclass(frozen=True)
class FalseGuard:
    """A guard that was false, or an invariant that would be broken."""

    #: The expression.
    guard: str
    #: What the definition says of it: `otherwise` of a transition, the name of an invariant.
    otherwise: Optional[str]
    #: Why it could not be evaluated.
    error: Optional[str]
    #: What it read, by path: None for what is missing, and the beginning of a long value as a string that ends in `…`.
    values: Mapping[str, Any]


def accepted_in(message: str) -> Sequence[str]:
    match = re.match(r"ILLEGAL .*; accepted: (.*)$", message, re.DOTALL)
    if match is None or match[1] == "none":
        return []
    return re.sub(r", … \(\d+\)$", "", match[1]).split(", ")


def guards_in(message: str) -> Sequence[FalseGuard]:
    match = re.match(r"(GUARD event '.*?' in '.*?': |INVARIANT )(.*)$", message, re.DOTALL)
    if match is None:
        return []
    return [_invariant(match[2])] if message.startswith("INVARIANT ") else _reasons(match[2])


_IS_FALSE = " is false"
_UNKNOWN = ", it cannot be evaluated: "
_NEVER = "the guard is the word false, which never holds"


def _reasons(text: str) -> Sequence[FalseGuard]:
    found = []
    at = 0
    while at < len(text):
        guard, end = _reason(text, at)
        found.append(guard)
        at = end + 2 if text.startswith("; ", end) else len(text)
    return found


def _reason(text: str, start: int) -> Tuple[FalseGuard, int]:
    """`[otherwise: ]guard is false[, it cannot be evaluated: error][ (values)]`."""
    never = text.find(_NEVER, start)
    said = _outside_strings(text, start, _IS_FALSE)
    if never != -1 and (said == -1 or never < said):
        _, otherwise = _parted(text[start:never] + "false")
        return FalseGuard("false", otherwise, None, {}), never + len(_NEVER)
    if said == -1:
        guard, otherwise = _parted(text[start:])
        return FalseGuard(guard, otherwise, None, {}), len(text)
    end = said + len(_IS_FALSE)
    error = None
    if text.startswith(_UNKNOWN, end):
        rest = re.match(r"(.*?)(?= \(\S+ (?:= |is missing)|; |$)", text[end + len(_UNKNOWN) :], re.DOTALL)
        error = rest[0] if rest is not None else ""
        end += len(_UNKNOWN) + len(error)
    values, end = _values(text, end)
    guard, otherwise = _parted(text[start:said])
    return FalseGuard(guard, otherwise, error, values), end


def _invariant(text: str) -> FalseGuard:
    """`name: expression[ (failure, values)]`."""
    at = text.rfind(" (")
    if at == -1 or re.match(r" \([^ ]+ (?:= |is missing)", text[at:]) is None:
        at = len(text)
    guard, otherwise = _parted(text[:at])
    return FalseGuard(guard, otherwise, None, _values(text, at)[0])


def _parted(text: str) -> Tuple[str, Optional[str]]:
    """The expression, and what comes before it, up to a colon that is in no brackets and no string."""
    colon = _outside_strings(text, 0, ": ")
    if colon == -1 or any(char in "([{?" for char in text[:colon]):
        return text, None
    return text[colon + 2 :], text[:colon]


def _outside_strings(text: str, start: int, word: str) -> int:
    quote = ""
    at = start
    while at < len(text):
        char = text[at]
        if not quote and text.startswith(word, at):
            return at
        if quote and char == "\\":
            at += 1
        elif not quote and char in "'\"":
            quote = char
        elif char == quote:
            quote = ""
        at += 1
    return -1


def _values(text: str, start: int) -> Tuple[Mapping[str, Any], int]:
    """` (path = json, path is missing)`."""
    values: dict[str, Any] = {}
    if not text.startswith(" (", start):
        return values, start
    at = start + 2
    while at < len(text):
        match = re.match(r"(.+?) (= |is missing)", text[at:], re.DOTALL)
        if match is None:
            break
        at += match.end()
        if match[2] == "= ":
            end = _value_end(text, at)
            values[match[1]] = _value(text[at:end])
            at = end
        else:
            values[match[1]] = None
        if not text.startswith(", ", at):
            break
        at += 2
    return values, at + 1 if text[at : at + 1] == ")" else at


_SHOWN_VALUE_MAX = 100


def _value_end(text: str, start: int) -> int:
    if text[start + _SHOWN_VALUE_MAX : start + _SHOWN_VALUE_MAX + 1] == "…":
        return start + _SHOWN_VALUE_MAX + 1
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
        return end
    except ValueError:
        return len(text)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
