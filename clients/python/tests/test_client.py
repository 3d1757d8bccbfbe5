"""The client against a server at DETENT_PORT; the same calls, synchronous and with asyncio."""

import asyncio
import inspect
import json
import logging
import os
import unittest
from pathlib import Path

import redis
import redis.asyncio

import detent
import detent.aio
from detent._partitions import is_moving, is_of_redis

PORT = int(os.environ["DETENT_PORT"])

LOAN = {
    "initial": "asked",
    "context": {"sum": 10, "who": {"name": "Ann"}},
    "states": {
        "asked": {
            "on": {
                "RAISE": {"guard": "event.by > 0", "actions": {"assign": {"sum": "context.sum + event.by"}}},
                "WAIT": "asked",
                "CHECK": {"target": "checked", "actions": [{"task": "check", "input": "context.sum", "done": "GOOD"}]},
            },
            "join": [{"all": {"bank": "BANK", "client": "CLIENT"}, "target": "agreed"}],
        },
        "checked": {"on": {"GOOD": {"target": "agreed", "actions": {"assign": {"sum": "event.sum"}}}}},
        "agreed": {"type": "final"},
    },
}


class Lasting:
    """A client for asyncio whose methods are called as those of the other: each call runs the loop until it answers."""

    def __init__(self, client, loop):
        self._client = client
        self._loop = loop

    def __getattr__(self, name):
        found = getattr(self._client, name)
        if not callable(found):
            return Lasting(found, self._loop)

        def call(*args, **kwargs):
            result = found(*args, **kwargs)
            if inspect.isasyncgen(result):
                return self._listed(result)
            return self._loop.run_until_complete(result) if inspect.isawaitable(result) else result

        return call

    def _listed(self, generator):
        while True:
            try:
                yield self._loop.run_until_complete(generator.__anext__())
            except StopAsyncIteration:
                return


class ClientCase:
    decode = False

    def setUp(self):
        self.connection = redis.Redis(port=PORT, decode_responses=self.decode)
        self.connection.flushall()
        self.client = self.make()
        self.client.define("loan", LOAN)
        self.client.create("l1", "loan")

    def tearDown(self):
        self.connection.close()

    def test_send_answers_with_what_the_event_has_led_to(self):
        sent = self.client.send("l1", "RAISE", {"by": 5}, id="e1", by="ann", reason="more")
        self.assertEqual((sent.states, sent.rev, sent.has_changed, sent.code), (["asked"], 2, True, "OK"))
        self.assertEqual(self.client.send("l1", "RAISE", {"by": 5}, id="e1"), sent)
        self.assertEqual(self.client.values("l1", "sum", "who.name"), {"sum": 15, "who.name": "Ann"})
        self.assertEqual(self.client.context("none"), None)
        recorded = self.client.history("l1", is_newest_first=True, count=1)[0]
        self.assertEqual((recorded.event, recorded.data, recorded.by), ("RAISE", {"by": 5}, "ann"))
        outcome = self.client.outcome("l1", "e1")
        self.assertEqual((outcome.code, outcome.rev), ("OK", 2))
        self.assertEqual(self.client.outcomes("l1", ["e2"]), [None])

    def test_an_event_that_was_sent_without_full_gets_its_answer_again(self):
        self.connection.execute_command("SM.SEND", "l1", "WAIT", "ID", "e1")
        self.assertEqual(self.client.send("l1", "WAIT", id="e1").rev, 2)

    def test_a_refusal_has_code_accepted_events_guards_and_values(self):
        with self.assertRaises(detent.DetentError) as refused:
            self.client.send("l1", "SHIP")
        self.assertEqual(refused.exception.code, "ILLEGAL")
        self.assertEqual(list(refused.exception.accepted)[:2], ["RAISE", "WAIT"])
        with self.assertRaises(detent.DetentError) as refused:
            self.client.send("l1", "RAISE", {"by": -1})
        self.assertEqual(refused.exception.values, {"event.by": -1})
        self.assertEqual(refused.exception.guards[0].guard, "event.by > 0")
        self.assertTrue(refused.exception.is_refusal)
        with self.assertRaises(detent.DetentError) as unmet:
            self.client.send("l1", "WAIT", if_rev=9)
        self.assertEqual(unmet.exception.code, "UNMET")
        with self.assertRaises(detent.DetentError) as wrong:
            self.client.create("l2", "none")
        self.assertEqual((wrong.exception.code, wrong.exception.is_refusal), ("NODEF", False))
        with self.assertRaises(detent.DetentError) as wrong:
            self.client.graph("loan", "runes")
        self.assertEqual(wrong.exception.code, "ERR")

    def test_what_is_ahead_is_listed(self):
        self.client.send("l1", "BANK", {"rate": 3})
        self.client.send("l1", "WAIT", delay_ms=60_000, id="w1")
        kinds = [(each.kind, each.event) for each in self.client.pending("l1")]
        self.assertEqual(kinds, [("scheduled", "WAIT"), ("kept", "BANK")])
        joins = [(each.place, each.is_kept, each.data) for each in self.client.joins("l1")]
        self.assertEqual(joins, [("bank", True, {"rate": 3}), ("client", False, None)])
        self.assertEqual(self.client.next("l1")[0].guard, "event.by > 0")
        self.assertEqual(self.client.cancel("l1", "w1"), 1)
        why = self.client.why("l1", "RAISE", {"by": 0})
        self.assertEqual((why.verdict, why.candidates[0].values), ("GUARD", {"event.by": 0}))
        self.assertIsNone(self.client.why("none", "RAISE"))
        self.assertEqual(self.client.wait("l1", state="asked", timeout_ms=1000), ["asked"])
        self.assertIsNone(self.client.wait("l1", status="done", timeout_ms=1))

    def test_machines_are_found_and_counted(self):
        for number in range(2, 31):
            self.client.create(f"l{number}", "loan")
        self.assertTrue(self.client.suspend("l7", "looked at"))
        self.assertEqual(len(list(self.client.scan(definition="loan", count=5))), 30)
        found = list(self.client.scan_machines(where="context.sum == 10", match="l7"))
        self.assertEqual([(each.key, each.status) for each in found], [("l7", "suspended")])
        self.assertEqual(self.client.count(state="asked"), 30)
        self.assertEqual(self.client.count_by("status"), {"active": 29, "suspended": 1})
        self.assertEqual(list(self.client.overdue()), [])
        self.assertTrue(self.client.resume("l7"))

    def test_machines_are_corrected(self):
        self.assertEqual(self.client.patch("l1", {"sum": 20}, by="ann", if_rev=1), 2)
        with self.assertRaises(detent.DetentError):
            self.client.patch("l1", {"sum": 30}, if_rev=1)
        plan = self.client.undo_plan("l1")
        self.assertEqual((plan["rev"], plan["context"]["sum"]), (2, 10))
        self.assertEqual(self.client.undo("l1", reason="a slip"), 3)
        self.assertTrue(self.client.mutate("l1", "agreed", is_forced=True))
        self.assertTrue(self.client.reset("l1"))
        self.assertFalse(self.client.retry("l1"))
        self.assertEqual(self.client.verify("l1"), [])
        self.assertEqual(self.client.get("l1", rev=2).context["sum"], 20)
        self.assertEqual(self.client.children("l1"), [])
        self.assertEqual(self.client.requeue(), 0)
        self.assertEqual(self.client.requeue(stream="sm:dead"), 0)
        [stream] = self.client.streams("changes", "loan")
        self.assertEqual((stream.stream, stream.partition, stream.owner), ("sm:changes:loan", 0, None))
        self.assertGreater(stream.length, 0)
        self.assertIn("sm:dead", [each.stream for each in self.client.streams()])

    def test_definitions_are_checked_drawn_and_migrated(self):
        findings = self.client.check({"initial": "nowhere", "states": {"a": {}}})
        self.assertEqual([(each.severity, each.path) for each in findings], [("error", "$.initial")])
        self.assertEqual(self.client.definition("loan"), LOAN)
        self.assertIn("digraph", self.client.graph("loan", "dot"))
        drawing = "stateDiagram-v2\n  [*] --> off\n  off --> on: ON"
        document, _ = self.client.check_import("lamp", "mermaid", drawing)
        self.assertIn("off", document["states"])
        self.assertEqual(self.client.import_definition("lamp", "mermaid", drawing), "lamp:v1")
        self.assertTrue(self.client.delete_definition("lamp:v1"))
        self.client.send("l1", "WAIT")
        self.client.define("loan:v2", LOAN)
        self.assertEqual(self.client.definitions(), ["loan:v1", "loan:v2"])
        self.assertEqual(self.client.replay("l1", definition="loan:v2")[0].is_equal, True)
        plan = self.client.migrations.plan("loan:v1", "loan:v2")
        self.assertEqual(plan["states"], [{"state": ["asked"], "to": ["asked"], "count": 1}])
        id = self.client.migrations.start(plan["id"])
        while self.client.migrations.status(id)["status"] != "DONE":
            pass
        self.assertEqual(self.client.migrations.status(id)["out"]["tasks"], 0)
        self.assertEqual([each["status"] for each in self.client.migrations.list()], ["PLANNED", "DONE"])
        self.assertEqual(self.client.migrations.undo_plan(id)["machines"], 1)
        self.client.create("l2", "loan:v1")
        self.assertEqual(self.client.migrate("l2", "loan:v2"), 2)
        self.assertEqual(self.client.migrations.what_if("loan:v2", "loan:v1")["to"], "loan:v1")

    def test_map_machines_have_maps_of_their_own(self):
        self.client.maps.set("m1", {"current": "", "map": {"off": ["on"], "on": ["off"]}, "initial": "off"}, "off")
        self.assertTrue(self.client.mutate("m1", "on", reason="dusk"))
        self.assertFalse(self.client.mutate("m1", "on"))
        self.assertEqual(self.client.maps.reason("m1"), "dusk")
        self.assertEqual(self.client.maps.states("m1"), ["off", "on"])
        self.assertEqual(self.client.maps.get("m1")["current"], "on")
        self.assertEqual(self.client.maps.template()["map"], {})

    def test_changes_go_on_with_what_was_not_acknowledged(self):
        self.client.send("l1", "RAISE", {"by": 5})
        for change in self.client.changes("loan", group="g"):
            self.assertEqual((change.key, change.rev, change.kind), ("l1", 1, "create"))
            self.acknowledge(change)
            break
        for change in self.client.changes("loan", group="g"):
            self.assertEqual((change.rev, change.event, change.data), (2, "RAISE", {"by": 5}))
            break

    def test_a_worker_does_a_task_that_fails_at_first(self):
        logging.getLogger("detent").setLevel(logging.CRITICAL)
        self.client.send("l1", "CHECK", trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        attempts = []

        def check(task, worker):
            attempts.append((task.attempt, task.input))
            if len(attempts) == 1:
                raise RuntimeError("no connection to the bank")
            worker.stop()
            return {"sum": task.input + 1}

        self.work("check", check)
        self.assertEqual(attempts, [(1, 10), (2, 10)])
        self.assertEqual(self.client.state("l1"), ["agreed"])
        self.assertEqual(self.client.context("l1")["sum"], 11)
        pending = self.connection.xpending("sm:tasks:check", "workers")
        self.assertEqual(pending["pending"], 0)
        self.assertIn("0af7651916cd43dd8448eb211c80319c", self.client.history("l1")[-1].trace)


class SyncCase(ClientCase, unittest.TestCase):
    def make(self):
        return detent.Client(self.connection)

    def acknowledge(self, change):
        change.ack()

    def work(self, name, handler):
        worker = self.client.worker(name, lambda task: handler(task, worker))
        worker.run()


class DecodedCase(SyncCase):
    decode = True


class AsyncCase(ClientCase, unittest.TestCase):
    def make(self):
        self.loop = asyncio.new_event_loop()
        self.async_connection = redis.asyncio.Redis(port=PORT)
        return Lasting(detent.aio.Client(self.async_connection), self.loop)

    def tearDown(self):
        self.loop.run_until_complete(self.async_connection.close())
        self.loop.close()
        super().tearDown()

    def acknowledge(self, change):
        self.loop.run_until_complete(change.ack())

    def work(self, name, handler):
        async def handle(task):
            return handler(task, worker)

        worker = self.client.worker(name, handle)
        self.loop.run_until_complete(worker.run())


class PartitionCase(unittest.TestCase):
    """What is taken for a partition that changes hands."""

    def test_an_error_in_the_code_of_redis_py_passes_and_one_of_another_does_not(self):
        def of_redis():
            redis.connection.parse_url("tcp://")

        for fail, passes in ((of_redis, True), (lambda: int("x"), False)):
            try:
                fail()
            except ValueError as error:
                self.assertEqual((is_moving(error), is_of_redis(error)), (passes, passes))
            else:
                self.fail("no error")


class EveryCommandCase(unittest.TestCase):
    """Every SM command of commands.json has its name in the sources, but for HELP and SM.DEMO, which people type."""

    def test_every_command_is_sent_by_some_method(self):
        here = Path(__file__).parent
        sources = "".join(path.read_text("utf-8") for path in (here.parent / "src" / "detent").glob("*.py"))
        names = json.loads((here.parents[2] / "commands.json").read_text("utf-8"))
        commands = [name.split("|") for name in names if name.startswith("SM.")]
        containers = {parts[0] for parts in commands if len(parts) == 2}
        missing = [
            parts
            for parts in commands
            if parts[-1] not in ("HELP", "SM.DEMO")
            and not (len(parts) == 1 and parts[0] in containers)
            and '"' + '", "'.join(parts) + '"' not in sources
        ]
        self.assertGreater(len(commands), 40)
        self.assertEqual(missing, [])

    def test_both_clients_have_the_same_methods(self):
        for one, other in [(detent.Client, detent.aio.Client), (detent.Worker, detent.aio.Worker)]:
            names = [name for name in vars(one) if not name.startswith("_")]
            self.assertEqual(names, [name for name in vars(other) if not name.startswith("_")])


del ClientCase

if __name__ == "__main__":
    unittest.main()
