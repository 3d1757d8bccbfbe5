"""What readers of streams share in a cluster: how long a partition that changes hands is waited for, and room for tasks."""

from __future__ import annotations

import re
import time
from collections import deque
from typing import Any, Deque, List, Optional, Tuple

from redis.exceptions import ClusterDownError, ClusterError, RedisClusterException, RedisError, TryAgainError

from . import replies as r

#: A partition that is not served for so long is not about to be: servers take over within seconds.
GIVE_UP_S = 60.0
RETRY_S = 0.1
#: Entries that are read at once.
COUNT = 100
#: With several streams a reader waits no longer than this at one of them, so that it ends soon.
BLOCK_MS = 500

_MOVING = re.compile(r"(UNBLOCKED|CLUSTERDOWN|TRYAGAIN|LOADING)\b")

def is_of_redis(error: BaseException) -> bool:
    """Whether redis-py has failed: with an error of its kinds, or in its own code."""
    return isinstance(error, (RedisError, RedisClusterException)) or _is_from_redis(error)


def is_moving(error: BaseException) -> bool:
    """Whether a server says that a partition changes hands: the same request is answered by the next owner."""
    if not isinstance(error, (RedisError, RedisClusterException)):
        return _is_from_redis(error)
    known = (ClusterError, TryAgainError, RedisClusterException)
    return isinstance(error, known) or bool(_MOVING.match(str(error)))


def _is_from_redis(error: BaseException) -> bool:
    """
    Whether an error was raised within redis-py. Threads and tasks share a cluster, and when one of them reads the slots anew, the
    others may find no server, or a connection that is closed while they read from it: IndexError, ValueError and the like.
    """
    trace = error.__traceback__
    while trace is not None:
        if str(trace.tb_frame.f_globals.get("__name__")).startswith("redis."):
            return True
        trace = trace.tb_next
    return False


def is_unknown_command(error: Exception) -> bool:
    """A server without SM.STREAMS, or one that does not allow it, is taken to have one partition."""
    return str(error).startswith(("ERR unknown command", "NOPERM"))


class Patience:
    """How long errors of a partition that changes hands are passed over, from the first one on."""

    def __init__(self) -> None:
        self._until = 0.0

    def passes(self, error: BaseException) -> bool:
        now = time.monotonic()
        if self._until == 0.0:
            self._until = now + GIVE_UP_S
        return is_moving(error) and now < self._until

    def rest(self) -> None:
        """A request was answered."""
        self._until = 0.0


def ranges_of(reply: Any) -> List[Tuple[int, str]]:
    """The first slot of each partition, and its owner, as CLUSTER SLOTS has them."""
    if not reply:
        raise ClusterDownError("CLUSTERDOWN the server does not know the slots yet")
    found = reply.items() if isinstance(reply, dict) else [((row[0], row[1]), row[2]) for row in reply]
    return sorted((int(slots[0]), str(owner)) for slots, owner in found)


class Walk:
    """A walk over what is overdue in one partition, whose first entry is known."""

    def __init__(self, slot: Optional[int]) -> None:
        self.slot = slot
        self.cursor = "0"
        self.found: Deque[r.Overdue] = deque()
        self._has_begun = False

    @property
    def is_hungry(self) -> bool:
        """There is more, and nothing of it here."""
        return not self.found and not (self._has_begun and self.cursor == "0")

    def take(self, reply: Any) -> None:
        self._has_begun = True
        self.cursor = r.text(reply[0])
        self.found.extend(r.read(r.Overdue, overdue, key=key) for key, overdue in r.pairs_of(reply[1]))

    @property
    def first_ms(self) -> int:
        """When the first entry became overdue."""
        return self.found[0].since + self.found[0].sla


def first_pending(reply: Any) -> Any:
    """The id of the only entry of a detailed XPENDING."""
    return reply[0]["message_id"] if reply else None
