"""The client: machines over a connection of redis-py. What the server refuses is raised as a `DetentError`."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from redis import Redis
from redis.exceptions import ResponseError

from . import _sums
from . import replies as r
from ._words import KEYLESS, Words, States, author, document, event_data, filters, json_option, option, states, switch
from .errors import DetentError, typed
from ._partitions import RETRY_S, Patience, Walk, is_unknown_command, ranges_of
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

    def _call(self, *words: Union[str, int]) -> Any:
        keyless = {"target_nodes": self._primary()} if self._is_cluster and words[0] in KEYLESS else {}
        try:
            return self._redis.execute_command(*words, **keyless)
        except ResponseError as error:
            raise typed(error) from error

    def _primary(self) -> Any:
        """Where a command without a key goes: to one server, which of several is the same for all."""
        if not self._redis.get_primaries():
            # While no slot had an owner redis-py has read that there is no server, and would not look again by itself.
            self._redis.nodes_manager.initialize()
        primaries = self._redis.get_primaries()
        return primaries[:1] if len(primaries) > 1 else "primaries"

    # Partitions

    def _partitions(self) -> List[Optional[int]]:
        """A slot of each partition, for requests that speak of all machines; None where there is one."""
        found = self._ranges()
        return [first for first, _ in found] if len(found) > 1 else [None]

    def _servers(self) -> List[Optional[int]]:
        """A slot of each server that holds partitions; None where there is one."""
        firsts = {owner: first for first, owner in self._ranges()}
        return list(firsts.values()) if len(firsts) > 1 else [None]

    def _ranges(self) -> List[Tuple[int, str]]:
        patience = Patience()
        while self._is_cluster:
            try:
                return ranges_of(self._redis.execute_command("CLUSTER", "SLOTS", target_nodes=self._primary()))
            except Exception as error:
                if not patience.passes(error):
                    raise
            time.sleep(RETRY_S)
        return []

    def _ask(self, slot: Optional[int], *words: Union[str, int]) -> Any:
        """What a partition answers, once it is served, wherever it is."""
        return self._call(*words) if slot is None else self._call_at(slot, *words, "SLOT", slot)

    def _call_at(self, slot: int, *words: Union[str, int]) -> Any:
        patience = Patience()
        while True:
            try:
                node = self._redis.nodes_manager.get_node_from_slot(slot)
                return self._redis.execute_command(*words, target_nodes=node)
            except Exception as error:
                if not patience.passes(error):
                    raise typed(error) if isinstance(error, ResponseError) else error
            time.sleep(RETRY_S)

    def _ask_each(self, *words: Union[str, int]) -> List[Any]:
        return [self._ask(slot, *words) for slot in self._partitions()]

    def _ask_servers(self, *words: Union[str, int]) -> List[Any]:
        return [self._call(*words) if slot is None else self._call_at(slot, *words) for slot in self._servers()]

    # Definitions

    def define(self, name: str, definition: Union[Mapping[str, Any], str]) -> str:
        """Stores a definition under `name` or `name:version`; returns `name:version`."""
        return r.text(self._call("SM.DEF", "CREATE", name, document(definition)))

    def check(self, definition: Union[Mapping[str, Any], str]) -> List[r.Finding]:
        """Examines a definition without storing it: empty when there is nothing to say."""
        return r.read_all(r.Finding, self._call("SM.DEF", "CHECK", document(definition)))

    def definition(self, name: str) -> Any:
        return r.data(self._call("SM.DEF", "GET", name))

    def definitions(self, name: Optional[str] = None) -> List[str]:
        return r.texts(self._call("SM.DEF", "LIST", *([] if name is None else [name])))

    def delete_definition(self, id: str) -> bool:
        return r.flag(self._call("SM.DEF", "DEL", id))

    def graph(self, name: str, language: str = "mermaid") -> Optional[str]:
        """As text: mermaid, dot, json, plantuml, scxml, xstate or svg."""
        return r.opt_text(self._call("SM.DEF", "GRAPH", name, language.upper()))

    def import_definition(self, name: str, language: str, text: str) -> str:
        """Translates a definition (xstate, scxml, asl, mermaid, plantuml, yaml) and stores it."""
        return r.text(self._call("SM.DEF", "IMPORT", name, language.upper(), text))

    def check_import(self, name: str, language: str, text: str) -> Tuple[Any, List[r.Finding]]:
        """The document that would be stored, and what there is to say of it."""
        found = r.fields_of(self._call("SM.DEF", "IMPORT", name, language.upper(), text, "CHECK"))
        return r.data(found["document"]), r.read_all(r.Finding, found["findings"])

    # Machines

    def create(
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
        return self._call("SM.CREATE", key, definition, *words) is not None

    def get(self, key: str, *, rev: Optional[int] = None, at: Optional[int] = None) -> Optional[r.Machine]:
        """The machine, as it is or as it was at a revision or a time."""
        reply = self._call("SM.INFO", key, *option("REV", rev), *option("TIME", at))
        return None if reply is None else r.read(r.Machine, reply)

    def state(self, key: str) -> List[str]:
        return r.texts(self._call("SM.STATE", key))

    def context(self, key: str) -> Any:
        return r.data(self._call("SM.CONTEXT", key))

    def values(self, key: str, *paths: str) -> Optional[Dict[str, Any]]:
        """Parts of the data by path, None for what is not there."""
        if not paths:
            return {}
        reply = self._call("SM.CONTEXT", key, *paths)
        return None if reply is None else {path: r.data(found) for path, found in zip(paths, reply)}

    def history(
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
            part, more = _without_more(self._call("SM.HISTORY", key, *bounds, *words))
            found += part
            if more is None or (count is not None and len(found) >= count):
                return r.read_all(r.Recorded, found)
            if is_newest_first:
                high = more
            else:
                low = more

    def children(self, key: str) -> List[r.Machine]:
        """The machines that belong to it, in the order of their ids."""
        found: List[r.Machine] = []
        machine = self.get(key)
        for child in [] if machine is None else machine.children:
            reply = self._call("SM.INFO", child)
            if reply is not None:
                found.append(r.read(r.Machine, reply, key=child))
        return found

    def mutate(self, key: str, state: str, *, reason: Optional[str] = None, is_forced: bool = False) -> bool:
        """Moves a map machine, any machine by force; False where its state does not lead there."""
        words: Words = [reason or "", "FORCE"] if is_forced else [] if reason is None else [reason]
        return self._call("SM.MUTATE", key, state, *words) is not None

    def reset(self, key: str) -> bool:
        return self._call("SM.RESET", key) is not None

    # Corrections

    def patch(
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
        return _revision(self._call("SM.PATCH", key, document(changes), *words))

    def undo(
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
        return _revision(self._call("SM.UNDO", key, *words))

    def undo_plan(self, key: str, *, rev: Optional[int] = None) -> Dict[str, Any]:
        """What `undo` would do (`rev`, `undone`, `state`, `status`, `context`, `timers`), and what `stays` out."""
        found = r.document(self._call("SM.UNDO", key, *option("REV", rev), "PLAN"), lists=("timers", "stays"))
        return {**found, "context": r.data(found["context"])}

    def suspend(self, key: str, reason: Optional[str] = None) -> bool:
        return r.flag(self._call("SM.SUSPEND", key, *([] if reason is None else [reason])))

    def resume(self, key: str) -> bool:
        return r.flag(self._call("SM.RESUME", key))

    def retry(self, key: str) -> bool:
        """Runs failed steps again; False where one fails again, or there is none."""
        return r.flag(self._call("SM.RETRY", key))

    def migrate(
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
        return int(self._call("SM.MIGRATE", key, definition, *words))

    def replay(
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
            part, low = _without_more(self._call("SM.REPLAY", key, *words))
            found += part
            if low is None or (count is not None and len(found) >= count):
                return r.read_all(r.Replayed, found)

    def verify(self, key: Optional[str] = None) -> List[str]:
        if key is not None:
            return r.texts(self._call("SM.VERIFY", key))
        return [finding for reply in self._ask_servers("SM.VERIFY") for finding in r.texts(reply)]

    # Events

    def send(
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
        reply = self._call("SM.SEND", key, event, *words, "FULL")
        if reply is None:
            raise DetentError("UNMET if_state or if_rev does not hold")
        # An event that was first sent without FULL gets that answer again: the states alone.
        is_bare = isinstance(reply, list) and not any(isinstance(item, list) for item in reply)
        if is_bare and id is not None:
            known = self.outcome(key, id)
            if known is not None:
                return _sent_before(r.texts(reply), known)
        return r.read(r.Sent, reply)

    def why(
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
        reply = self._call("SM.WHY", key, event, *words)
        return None if reply is None else r.read(r.Why, reply)

    def next(self, key: str) -> List[r.Next]:
        """The transitions that the machine would take now, and what its joins wait for."""
        return r.read_all(r.Next, self._call("SM.NEXT", key))

    def wait(
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
        reply = self._call("SM.WAIT", key, *what, timeout_ms)
        return None if reply is None else r.texts(reply)

    def outcome(self, key: str, id: str) -> Optional[r.Outcome]:
        """What became of the event with an id."""
        return (self.outcomes(key, [id]))[0]

    def outcomes(self, key: str, ids: Sequence[str]) -> List[Optional[r.Outcome]]:
        if not ids:
            return []
        reply = self._call("SM.OUTCOME", key, *ids)
        found = [None] * len(ids) if reply is None else reply
        return [None if item is None else r.read(r.Outcome, item) for item in found]

    def pending(self, key: str) -> List[r.Pending]:
        """Deferred, scheduled and kept events, timers, tasks, failed steps, children that have not ended."""
        return r.read_all(r.Pending, self._call("SM.PENDING", key))

    def joins(self, key: str) -> List[r.JoinPlace]:
        """The places of the joins of the active states: those that hold an event first."""
        pending = self.pending(key)
        return r.joins_of(pending, self.next(key))

    def cancel(self, key: str, *ids: str) -> int:
        """Removes pending events and timers by their ids; returns how many."""
        return int(self._call("SM.CANCEL", key, *ids)) if ids else 0

    # Finding machines

    def _steps(self, command: str, words: Words) -> Iterator[Any]:
        for slot in self._partitions():
            cursor = ""
            while cursor != "0":
                reply = self._ask(slot, command, cursor or "0", *words)
                cursor = r.text(reply[0])
                yield reply[1]

    def scan(
        self,
        *,
        definition: Optional[str] = None,
        state: Optional[str] = None,
        status: Optional[str] = None,
        older_ms: Optional[int] = None,
        match: Optional[str] = None,
        where: Optional[str] = None,
        count: Optional[int] = None,
    ) -> Iterator[str]:
        """
        The keys of the machines that fit, of all servers; `count` is how much the server looks at in one step. One that fits from
        beginning to end comes, whatever partitions change hands; one that changes may come twice.
        """
        words = [*filters(definition, state, status), *option("OLDER", older_ms), *option("MATCH", match)]
        words += [*option("WHERE", where), *option("COUNT", count)]
        for keys in self._steps("SM.SCAN", words):
            for key in keys:
                yield r.text(key)

    def scan_machines(
        self,
        *,
        definition: Optional[str] = None,
        state: Optional[str] = None,
        status: Optional[str] = None,
        older_ms: Optional[int] = None,
        match: Optional[str] = None,
        where: Optional[str] = None,
        count: Optional[int] = None,
    ) -> Iterator[r.Machine]:
        """The machines that fit, each with its `key`."""
        words = [*filters(definition, state, status), *option("OLDER", older_ms), *option("MATCH", match)]
        words += [*option("WHERE", where), "WITHINFO", *option("COUNT", count)]
        for found in self._steps("SM.SCAN", words):
            for key, machine in r.pairs_of(found):
                yield r.read(r.Machine, machine, key=key)

    def count(
        self,
        *,
        definition: Optional[str] = None,
        state: Optional[str] = None,
        status: Optional[str] = None,
    ) -> int:
        replies = self._ask_each("SM.COUNT", *filters(definition, state, status))
        return sum(int(reply) for reply in replies)

    def count_by(
        self,
        by: str,
        *,
        definition: Optional[str] = None,
        state: Optional[str] = None,
        status: Optional[str] = None,
    ) -> Dict[str, int]:
        """How many for each `state`, `status` or `version` that occurs."""
        replies = self._ask_each("SM.COUNT", *filters(definition, state, status), "BY", by.upper())
        return _sums.counts(replies)

    def overdue(self, *, definition: Optional[str] = None, count: Optional[int] = None) -> Iterator[r.Overdue]:
        """The states that have lasted longer than their `sla`, the longest first."""
        words = [*option("DEF", definition), *option("COUNT", count)]
        walks = [Walk(slot) for slot in self._partitions()]
        while walks:
            for walk in walks:
                while walk.is_hungry:
                    walk.take(self._ask(walk.slot, "SM.OVERDUE", walk.cursor, *words))
            walks = [walk for walk in walks if walk.found]
            if walks:
                yield min(walks, key=lambda walk: walk.first_ms).found.popleft()

    def requeue(
        self, *entries: str, task: Optional[str] = None, count: Optional[int] = None, stream: Optional[str] = None
    ) -> int:
        """
        Puts tasks that were given up back: the ids of their entries in `sm:dead`, or all of them. With `count`, one partition
        after another.
        """
        words = [*(entries or ["ALL"]), *option("TASK", task)]
        if stream is not None:
            return int(self._call("SM.REQUEUE", *words, *option("COUNT", count), "STREAM", stream))
        done = 0
        for slot in self._partitions():
            if done != count:
                left = None if count is None else count - done
                done += int(self._ask(slot, "SM.REQUEUE", *words, *option("COUNT", left)))
        return done

    # Streams

    def streams(self, kind: Optional[str] = None, name: Optional[str] = None) -> List[r.ServerStream]:
        """The streams that the server writes, of all partitions of a cluster: changes, tasks, dead, refusals, audit, ingest."""
        words = [*option("KIND", None if kind is None else kind.upper()), *option("NAME", name)]
        replies = self._ask_servers("SM.STREAMS", *words)
        return _sums.streams(r.read_all(r.ServerStream, reply) for reply in replies)

    def _stream_keys(self, kind: str, name: str) -> List[str]:
        """The keys of the streams of a definition or a task, of which there is at least one."""
        found: List[r.ServerStream] = []
        try:
            reply = self._call("SM.STREAMS", "KIND", kind.upper(), "NAME", name)
            found = r.read_all(r.ServerStream, reply)
        except DetentError as error:
            if not is_unknown_command(error):
                raise
        return [each.stream for each in found] or [f"sm:{kind}:{name}"]

    def changes(self, name: str, *, group: str, consumer: str = "reader", block_ms: int = 5000) -> Iterator[Change]:
        """
        The changes of the machines of a definition, for ever. What was not acknowledged comes again at the start. In a cluster
        they are those of all partitions, each machine's in order.
        """
        streams = self._stream_keys("changes", name)
        for change in Changes(self._redis, streams, group, consumer, block_ms).read():
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
