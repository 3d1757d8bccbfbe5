"""
The same client for asyncio, over `redis.asyncio`:

    from redis.asyncio import Redis
    from detent.aio import Client

    client = Client(Redis())
"""

from .client import Client
from .streams import Change, Worker

__all__ = ["Change", "Client", "Worker"]
