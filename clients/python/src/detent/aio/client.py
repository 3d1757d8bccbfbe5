# Made by tools/make_aio.py from client.py: change that, and run it.
"""The client: machines over a connection of redis-py. What the server refuses is raised as a `DetentError`."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Dict, AsyncIterator, List, Mapping, Optional, Sequence, Tuple, Union

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from .. import _sums
from .. import replies as r
from .._words import KEYLESS, Words, States, author, document, event_data, filters, json_option, option, states, switch
from ..errors import DetentError, typed
from .._partitions import RETRY_S, Patience, Walk, is_unknown_command, ranges_of
from .migrations import Migrations
from .maps import MapMachines
from .streams import Change, Changes, Handler, Worker


class Client:
    """Methods for every SM command. Without a machine, what answers with one object is None, and a list is empty."""

    def __init__(self, redis: Redis) -> None:
        """`redis` may be a RedisCluster too: it looks up the keys of commands, and is told where those without a key go."""
        self._redis = redis
        self._is_cluster = hasattr(redis, "get_primaries")
        self.migrations = Migrations(self._call, self._ask_each)
        self.maps = MapMachines(self._call)

    async def _call(self, *words: Union[str, int]) -> Any:
        keyless = {"target_nodes": await self._primary()} if self._is_cluster and words[0] in KEYLESS else {}
        try:
            return await self._redis.execute_command(*words, **keyless)
        except ResponseError as error:
            raise typed(error) from error

    async def _primary(self) -> Any:
        """Where a command without a key goes: to one server, which of several is the same for all."""
        if not self._redis.get_primaries():
            # While no slot had an owner redis-py has read that there is no server, and would not look again by itself.
            await self._redis.nodes_manager.initialize()
        primaries = self._redis.get_primaries()
        return primaries[:1] if len(primaries) > 1 else "primaries"

    # Partitions

    async def _partitions(self) -> List[Optional[int]]:
        """A slot of each partition, for requests that speak of all machines; None where there is one."""
        found = await self._ranges()
        return [first for first, _ in found] if len(found) > 1 else [None]

    async def _servers(self) -> List[Optional[int]]:
        """A slot of each server that holds partitions; None where there is one."""
        firsts = {owner: first for first, owner in await self._ranges()}
        return list(firsts.values()) if len(firsts) > 1 else [None]

    async def _ranges(self) -> List[Tuple[int, str]]:
        patience = Patience()
        while self._is_cluster:
            try:
                return ranges_of(await self._redis.execute_command("CLUSTER", "SLOTS", target_nodes=await self._primary()))
            except Exception as error:
                if not patience.passes(error):
                    raise
            await asyncio.sleep(RETRY_S)
        return []

    async def _ask(self, slot: Optional[int], *words: Union[str, int]) -> Any:
        """What a partition answers, once it is served, wherever it is."""
        return await self._call(*words) if slot is None else await self._call_at(slot, *words, "SLOT", slot)

    async def _call_at(self, slot: int, *words: Union[str, int]) -> Any:
        patience = Patience()
        while True:
            try:
                node = self._redis.nodes_manager.get_node_from_slot(slot)
                return await self._redis.execute_command(*words, target_nodes=node)
            except Exception as error:
                if not patience.passes(error):
                    raise typed(error) if isinstance(error, ResponseError) else error
            await asyncio.sleep(RETRY_S)

    async def _ask_each(self, *words: Union[str, int]) -> List[Any]:
        return [await self._ask(slot, *words) for slot in await self._partitions()]

    async def _ask_servers(self, *words: Union[str, int]) -> List[Any]:
        return [await self._call(*words) if slot is None else await self._call_at(slot, *words) for slot in await self._servers()]

    # Definitions

    async def define(self, name: str, definition: Union[Mapping[str, Any], str]) -> str:
        """Stores a definition under `name` or `name:version`; returns `name:version`."""
        return r.text(await self._call("SM.DEF", "CREATE", name, document(definition)))

    async def check(self, definition: Union[Mapping[str, Any], str]) -> List[r.Finding]:
        """Examines a definition without storing it: empty when there is nothing to say."""
        return r.read_all(r.Finding, await self._call("SM.DEF", "CHECK", document(definition)))

    async def definition(self, name: str) -> Any:
        return r.data(await self._call("SM.DEF", "GET", name))

    async def definitions(self, name: Optional[str] = None) -> List[str]:
        return r.texts(await self._call("SM.DEF", "LIST", *([] if name is None else [name])))

    async def delete_definition(self, id: str) -> bool:
        return r.flag(await self._call("SM.DEF", "DEL", id))

    async def graph(self, name: str, language: str = "mermaid") -> Optional[str]:
        """As text: mermaid, dot, json, plantuml, scxml, xstate or svg."""
        return r.opt_text(await self._call("SM.DEF", "GRAPH", name, language.upper()))

    async def import_definition(self, name: str, language: str, text: str) -> str:
        """Translates a definition (xstate, scxml, asl, mermaid, plantuml, yaml) and stores it."""
        return r.text(await self._call("SM.DEF", "IMPORT", name, language.upper(), text))

    async def check_import(self, name: str, language: str, text: str) -> Tuple[Any, List[r.Finding]]:
        """The document that would be stored, and what there is to say of it."""
        found = r.fields_of(await self._call("SM.DEF", "IMPORT", name, language.upper(), text, "CHECK"))
        return r.data(found["document"]), r.read_all(r.Finding, found["findings"])

    # Machines

    async def create(
        self,
        key: str,
        definition: str,
        *,
        state: States = None,
        context: Optional[Mapping[str, Any]] = None,
        history: Optional[Sequence[Mapping[str, Any]]] = None,
        by: Optional[str] = None,
        reason: Optional[str] = None,
        is_new: bool = False,
        ttl_ms: Optional[int] = None,
    ) -> bool:
        """Creates a machine, in place of what the key holds; with `is_new` only if it is free, else False."""
        words = [*states(state), *json_option("CONTEXT", context), *author(by, reason)]
        words += [*json_option("HISTORY", history), *switch("NX", is_new), *option("PX", ttl_ms)]
        return await self._call("SM.CREATE", key, definition, *words) is not None

    async def get(self, key: str, *, rev: Optional[int] = None, at: Optional[int] = None) -> Optional[r.Machine]:
        """The machine, as it is or as it was at a revision or a time."""
        reply = await self._call("SM.INFO", key, *option("REV", rev), *option("TIME", at))
        return None if reply is None else r.read(r.Machine, reply)

    async def state(self, key: str) -> List[str]:
        return r.texts(await self._call("SM.STATE", key))

    async def context(self, key: str) -> Any:
        return r.data(await self._call("SM.CONTEXT", key))

    async def values(self, key: str, *paths: str) -> Optional[Dict[str, Any]]:
        """Parts of the data by path, None for what is not there."""
        if not paths:
            return {}
        reply = await self._call("SM.CONTEXT", key, *paths)
        return None if reply is None else {path: r.data(found) for path, found in zip(paths, reply)}

    async def history(
        self,
        key: str,
        *,
        start: Optional[int] = None,
        end: Optional[int] = None,
        is_newest_first: bool = False,
        count: Optional[int] = None,
        where: Optional[str] = None,
    ) -> List[r.Recorded]:
        """What the machine has been through, the oldest first; `start` and `end` are revisions, both included."""
        found: List[Any] = []
        low: Union[str, int] = "-" if start is None else start
        high: Union[str, int] = "+" if end is None else end
        while True:
            bounds = [high, low] if is_newest_first else [low, high]
            left = None if count is None else count - len(found)
            words = [*switch("REV", is_newest_first), *option("COUNT", left), *option("WHERE", where)]
            part, more = _without_more(await self._call("SM.HISTORY", key, *bounds, *words))
            found += part
            if more is None or (count is not None and len(found) >= count):
                return r.read_all(r.Recorded, found)
            if is_newest_first:
                high = more
            else:
                low = more

    async def children(self, key: str) -> List[r.Machine]:
        """The machines that belong to it, in the order of their ids."""
        found: List[r.Machine] = []
        machine = await self.get(key)
        for child in [] if machine is None else machine.children:
            reply = await self._call("SM.INFO", child)
            if reply is not None:
                found.append(r.read(r.Machine, reply, key=child))
        return found

    async def mutate(self, key: str, state: str, *, reason: Optional[str] = None, is_forced: bool = False) -> bool:
        """Moves a map machine, any machine by force; False where its state does not lead there."""
        words: Words = [reason or "", "FORCE"] if is_forced else [] if reason is None else [reason]
        return await self._call("SM.MUTATE", key, state, *words) is not None

    async def reset(self, key: str) -> bool:
        return await self._call("SM.RESET", key) is not None

    # Corrections

    async def patch(
        self,
        key: str,
        changes: Mapping[str, Any],
        *,
        if_rev: Optional[int] = None,
        by: Optional[str] = None,
        reason: Optional[str] = None,
    ) -> int:
        """Merges a document into the data; returns the revision."""
        words = [*option("IFREV", if_rev), *author(by, reason)]
        return _revision(await self._call("SM.PATCH", key, document(changes), *words))

    async def undo(
        self,
        key: str,
        *,
        rev: Optional[int] = None,
        if_rev: Optional[int] = None,
        by: Optional[str] = None,
        reason: Optional[str] = None,
    ) -> int:
        """Takes back the last change, or all down to `rev`; returns the revision."""
        words = [*option("REV", rev), *option("IFREV", if_rev), *author(by, reason)]
        return _revision(await self._call("SM.UNDO", key, *words))

    async def undo_plan(self, key: str, *, rev: Optional[int] = None) -> Dict[str, Any]:
        """What `undo` would do (`rev`, `undone`, `state`, `status`, `context`, `timers`), and what `stays` out."""
        found = r.document(await self._call("SM.UNDO", key, *option("REV", rev), "PLAN"), lists=("timers", "stays"))
        return {**found, "context": r.data(found["context"])}

    async def suspend(self, key: str, reason: Optional[str] = None) -> bool:
        return r.flag(await self._call("SM.SUSPEND", key, *([] if reason is None else [reason])))

    async def resume(self, key: str) -> bool:
        return r.flag(await self._call("SM.RESUME", key))

    async def retry(self, key: str) -> bool:
        """Runs failed steps again; False where one fails again, or there is none."""
        return r.flag(await self._call("SM.RETRY", key))

    async def migrate(
        self,
        key: str,
        definition: str,
        *,
        state: States = None,
        context: Optional[Mapping[str, Any]] = None,
        by: Optional[str] = None,
        reason: Optional[str] = None,
    ) -> int:
        """Moves the machine to another definition with all it has; returns the revision."""
        words = [*states(state), *json_option("CONTEXT", context), *author(by, reason)]
        return int(await self._call("SM.MIGRATE", key, definition, *words))

    async def replay(
        self,
        key: str,
        *,
        definition: Optional[str] = None,
        start: Optional[int] = None,
        count: Optional[int] = None,
    ) -> List[r.Replayed]:
        """Runs the recorded events again, under another definition if one is given, and writes nothing."""
        found: List[Any] = []
        low = start
        while True:
            left = None if count is None else count - len(found)
            words = [*option("DEF", definition), *option("FROM", low), *option("COUNT", left)]
            part, low = _without_more(await self._call("SM.REPLAY", key, *words))
            found += part
            if low is None or (count is not None and len(found) >= count):
                return r.read_all(r.Replayed, found)

    async def verify(self, key: Optional[str] = None) -> List[str]:
        if key is not None:
            return r.texts(await self._call("SM.VERIFY", key))
        return [finding for reply in await self._ask_servers("SM.VERIFY") for finding in r.texts(reply)]

    # Events

    async def send(
        self,
        key: str,
        event: str,
        data: Any = None,
        *,
        id: Optional[str] = None,
        by: Optional[str] = None,
        reason: Optional[str] = None,
        seq: Optional[Tuple[str, int]] = None,
        if_state: Optional[str] = None,
        if_rev: Optional[int] = None,
        delay_ms: Optional[int] = None,
        at: Optional[int] = None,
        expire_ms: Optional[int] = None,
        outcome_ttl_ms: Optional[int] = None,
        stamp: Optional[int] = None,
        trace: Optional[str] = None,
        definition: Optional[str] = None,
    ) -> r.Sent:
        """Sends an event. Raises DetentError with one of the `REFUSAL_CODES` when the machine does not take it."""
        words: Words = [*event_data(data), *option("ID", id), *author(by, reason)]
        words += [] if seq is None else ["SEQ", *seq]
        words += [*option("IFSTATE", if_state), *option("IFREV", if_rev), *option("DELAY", delay_ms)]
        words += [*option("AT", at), *option("EXPIRE", expire_ms), *option("OUTCOMETTL", outcome_ttl_ms)]
        words += [*option("STAMP", stamp), *option("TRACE", trace), *option("DEF", definition)]
        reply = await self._call("SM.SEND", key, event, *words, "FULL")
        if reply is None:
            raise DetentError("UNMET if_state or if_rev does not hold")
        # An event that was first sent without FULL gets that answer again: the states alone.
        is_bare = isinstance(reply, list) and not any(isinstance(item, list) for item in reply)
        if is_bare and id is not None:
            known = await self.outcome(key, id)
            if known is not None:
                return _sent_before(r.texts(reply), known)
        return r.read(r.Sent, reply)

    async def why(
        self,
        key: str,
        event: str,
        data: Any = None,
        *,
        rev: Optional[int] = None,
        definition: Optional[str] = None,
    ) -> Optional[r.Why]:
        """What `send` would do and why, without doing it."""
        words = [*event_data(data), *option("REV", rev), *option("DEF", definition)]
        reply = await self._call("SM.WHY", key, event, *words)
        return None if reply is None else r.read(r.Why, reply)

    async def next(self, key: str) -> List[r.Next]:
        """The transitions that the machine would take now, and what its joins wait for."""
        return r.read_all(r.Next, await self._call("SM.NEXT", key))

    async def wait(
        self,
        key: str,
        *,
        state: Optional[str] = None,
        rev: Optional[int] = None,
        status: Optional[str] = None,
        timeout_ms: int = 0,
    ) -> Optional[List[str]]:
        """Waits for a state, a revision or a status: the states then, None after the timeout (0: for ever)."""
        what = [*option("STATE", state), *option("REV", rev), *option("STATUS", status)]
        reply = await self._call("SM.WAIT", key, *what, timeout_ms)
        return None if reply is None else r.texts(reply)

    async def outcome(self, key: str, id: str) -> Optional[r.Outcome]:
        """What became of the event with an id."""
        return (await self.outcomes(key, [id]))[0]

    async def outcomes(self, key: str, ids: Sequence[str]) -> List[Optional[r.Outcome]]:
        if not ids:
            return []
        reply = await self._call("SM.OUTCOME", key, *ids)
        found = [None] * len(ids) if reply is None else reply
        return [None if item is None else r.read(r.Outcome, item) for item in found]

    async def pending(self, key: str) -> List[r.Pending]:
        """Deferred, scheduled and kept events, timers, tasks, failed steps, children that have not ended."""
        return r.read_all(r.Pending, await self._call("SM.PENDING", key))

    async def joins(self, key: str) -> List[r.JoinPlace]:
        """The places of the joins of the active states: those that hold an event first."""
        pending = await self.pending(key)
        return r.joins_of(pending, await self.next(key))

    async def cancel(self, key: str, *ids: str) -> int:
        """Removes pending events and timers by their ids; returns how many."""
        return int(await self._call("SM.CANCEL", key, *ids)) if ids else 0

    # Finding machines

    async def _steps(self, command: str, words: Words) -> AsyncIterator[Any]:
        for slot in await self._partitions():
            cursor = ""
            while cursor != "0":
                reply = await self._ask(slot, command, cursor or "0", *words)
                cursor = r.text(reply[0])
                yield reply[1]

    async def scan(
        self,
        *,
        definition: Optional[str] = None,
        state: Optional[str] = None,
        status: Optional[str] = None,
        older_ms: Optional[int] = None,
        match: Optional[str] = None,
        where: Optional[str] = None,
        count: Optional[int] = None,
    ) -> AsyncIterator[str]:
        """
        The keys of the machines that fit, of all servers; `count` is how much the server looks at in one step. One that fits from
        beginning to end comes, whatever partitions change hands; one that changes may come twice.
        """
        words = [*filters(definition, state, status), *option("OLDER", older_ms), *option("MATCH", match)]
        words += [*option("WHERE", where), *option("COUNT", count)]
        async for keys in self._steps("SM.SCAN", words):
            for key in keys:
                yield r.text(key)

    async def scan_machines(
        self,
        *,
        definition: Optional[str] = None,
        state: Optional[str] = None,
        status: Optional[str] = None,
        older_ms: Optional[int] = None,
        match: Optional[str] = None,
        where: Optional[str] = None,
        count: Optional[int] = None,
    ) -> AsyncIterator[r.Machine]:
        """The machines that fit, each with its `key`."""
        words = [*filters(definition, state, status), *option("OLDER", older_ms), *option("MATCH", match)]
        words += [*option("WHERE", where), "WITHINFO", *option("COUNT", count)]
        async for found in self._steps("SM.SCAN", words):
            for key, machine in r.pairs_of(found):
                yield r.read(r.Machine, machine, key=key)

    async def count(
        self,
        *,
        definition: Optional[str] = None,
        state: Optional[str] = None,
        status: Optional[str] = None,
    ) -> int:
        replies = await self._ask_each("SM.COUNT", *filters(definition, state, status))
        return sum(int(reply) for reply in replies)

    async def count_by(
        self,
        by: str,
        *,
        definition: Optional[str] = None,
        state: Optional[str] = None,
        status: Optional[str] = None,
    ) -> Dict[str, int]:
        """How many for each `state`, `status` or `version` that occurs."""
        replies = await self._ask_each("SM.COUNT", *filters(definition, state, status), "BY", by.upper())
        return _sums.counts(replies)

    async def overdue(self, *, definition: Optional[str] = None, count: Optional[int] = None) -> AsyncIterator[r.Overdue]:
        """The states that have lasted longer than their `sla`, the longest first."""
        words = [*option("DEF", definition), *option("COUNT", count)]
        walks = [Walk(slot) for slot in await self._partitions()]
        while walks:
            for walk in walks:
                while walk.is_hungry:
                    walk.take(await self._ask(walk.slot, "SM.OVERDUE", walk.cursor, *words))
            walks = [walk for walk in walks if walk.found]
            if walks:
                yield min(walks, key=lambda walk: walk.first_ms).found.popleft()

    async def requeue(
        self, *entries: str, task: Optional[str] = None, count: Optional[int] = None, stream: Optional[str] = None
    ) -> int:
        """
        Puts tasks that were given up back: the ids of their entries in `sm:dead`, or all of them. With `count`, one partition
        after another.
        """
        words = [*(entries or ["ALL"]), *option("TASK", task)]
        if stream is not None:
            return int(await self._call("SM.REQUEUE", *words, *option("COUNT", count), "STREAM", stream))
        done = 0
        for slot in await self._partitions():
            if done != count:
                left = None if count is None else count - done
                done += int(await self._ask(slot, "SM.REQUEUE", *words, *option("COUNT", left)))
        return done

    # Streams

    async def streams(self, kind: Optional[str] = None, name: Optional[str] = None) -> List[r.ServerStream]:
        """The streams that the server writes, of all partitions of a cluster: changes, tasks, dead, refusals, audit, ingest."""
        words = [*option("KIND", None if kind is None else kind.upper()), *option("NAME", name)]
        replies = await self._ask_servers("SM.STREAMS", *words)
        return _sums.streams(r.read_all(r.ServerStream, reply) for reply in replies)

    async def _stream_keys(self, kind: str, name: str) -> List[str]:
        """The keys of the streams of a definition or a task, of which there is at least one."""
        found: List[r.ServerStream] = []
        try:
            reply = await self._call("SM.STREAMS", "KIND", kind.upper(), "NAME", name)
            found = r.read_all(r.ServerStream, reply)
        except DetentError as error:
            if not is_unknown_command(error):
                raise
        return [each.stream for each in found] or [f"sm:{kind}:{name}"]

    async def changes(self, name: str, *, group: str, consumer: str = "reader", block_ms: int = 5000) -> AsyncIterator[Change]:
        """
        The changes of the machines of a definition, for ever. What was not acknowledged comes again at the start. In a cluster
        they are those of all partitions, each machine's in order.
        """
        streams = await self._stream_keys("changes", name)
        async for change in Changes(self._redis, streams, group, consumer, block_ms).read():
            yield change

    def worker(
        self,
        name: str,
        handler: Handler,
        *,
        concurrency: int = 1,
        group: str = "workers",
        consumer: Optional[str] = None,
        retry_after_ms: int = 30_000,
    ) -> Worker:
        """Takes the tasks of a name and answers them with what the handler returns, once `run` is called."""
        return Worker(
            self._redis,
            name,
            partial(self._stream_keys, "tasks", name),
            handler,
            concurrency=concurrency,
            group=group,
            consumer=consumer,
            retry_after_ms=retry_after_ms,
        )


def _revision(reply: Any) -> int:
    if reply is None:
        raise DetentError("UNMET if_rev does not hold")
    return int(reply)


def _without_more(reply: Any) -> Tuple[List[Any], Optional[int]]:
    """The entries of a reply; where it would take the server too long, the revision at which to go on."""
    entries = list(reply or [])
    last = r.fields_of(entries[-1]) if entries else {}
    if last and "kind" in last and r.text(last["kind"]) == "more":
        return entries[:-1], int(last["rev"])
    return entries, None


def _sent_before(states: List[str], known: r.Outcome) -> r.Sent:
    return r.Sent(
        states=states,
        rev=known.rev,
        has_changed=known.code == "OK",
        code=known.code,
        from_states=known.from_states,
        to_states=known.to_states,
        at=known.at,
        output=known.output,
        log=known.log,
    )
