"""
A client of Detent, a server of durable state machines, over redis-py.

    from redis import Redis
    from detent import Client

    client = Client(Redis())

The same for asyncio: `detent.aio.Client` over `redis.asyncio.Redis`.
"""

from .client import Client
from .errors import REFUSAL_CODES, DetentError
from ._refusal_text import FalseGuard
from .replies import (
    Candidate,
    Finding,
    JoinPlace,
    Machine,
    Next,
    Outcome,
    Overdue,
    Pending,
    Recorded,
    Replayed,
    Sent,
    ServerStream,
    Why,
)
from .streams import Change, Worker
from .tasks import Task

__all__ = [
    "REFUSAL_CODES",
    "Candidate",
    "Change",
    "Client",
    "DetentError",
    "FalseGuard",
    "Finding",
    "JoinPlace",
    "Machine",
    "Next",
    "Outcome",
    "Overdue",
    "Pending",
    "Recorded",
    "Replayed",
    "Sent",
    "ServerStream",
    "Task",
    "Why",
    "Worker",
]
