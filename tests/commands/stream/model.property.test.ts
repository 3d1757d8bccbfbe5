/** Random requests on one stream, compared with a model that keeps it in arrays and maps. */
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";

/** Ids of the model are numbers: the last digit is the sequence. */
const shown = (id: number) => `${Math.floor(id / 10)}-${id % 10}`;

interface Pending {
  consumer: string;
  count: number;
}

interface Group {
  lastId: number;
  pending: Map<number, Pending>;
}

class Model {
  entries: number[] = [];
  lastId = 0;
  exists = false;
  readonly groups = new Map<string, Group>();

  add(id: number) {
    if (id <= this.lastId) return "refused";
    this.exists = true;
    this.entries.push(id);
    this.lastId = id;
    return shown(id);
  }

  remove(ids: readonly number[]) {
    const before = this.entries.length;
    this.entries = this.entries.filter((id) => !ids.includes(id));
    return before - this.entries.length;
  }

  group(name: string) {
    return this.groups.get(name);
  }

  create(name: string, lastId: number) {
    this.exists = true;
    if (this.groups.has(name)) return "refused";
    this.groups.set(name, { lastId, pending: new Map() });
    return "OK";
  }

  read(name: string, consumer: string, count: number) {
    const group = this.groups.get(name);
    if (group === undefined) return "refused";
    const ids = this.entries.filter((id) => id > group.lastId).slice(0, count);
    for (const id of ids) {
      group.pending.set(id, { consumer, count: 1 });
      group.lastId = id;
    }
    return ids.length === 0 ? null : ids.map(shown);
  }

  readAgain(name: string, consumer: string, after: number) {
    const group = this.groups.get(name);
    if (group === undefined) return "refused";
    const ids = this.pendingOf(group, consumer).filter((id) => id > after);
    for (const id of ids) if (this.entries.includes(id)) this.deliver(group, id, consumer, 1);
    return ids.map(shown);
  }

  claim(name: string, consumer: string, ids: readonly number[], isForced: boolean) {
    const group = this.groups.get(name);
    if (group === undefined) return "refused";
    const claimed = [];
    for (const id of ids) {
      if (!this.entries.includes(id)) group.pending.delete(id);
      else if (group.pending.has(id) || isForced) {
        this.deliver(group, id, consumer, 0);
        claimed.push(shown(id));
      }
    }
    return claimed;
  }

  pendingOf(group: Group, consumer?: string) {
    return [...group.pending]
      .filter(([, pending]) => consumer === undefined || pending.consumer === consumer)
      .map(([id]) => id)
      .sort((a, b) => a - b);
  }

  private deliver(group: Group, id: number, consumer: string, more: number) {
    const count = (group.pending.get(id)?.count ?? 1) + more;
    group.pending.set(id, { consumer, count });
  }
}

const ids = fc.integer({ min: 1, max: 400 }).filter((id) => id % 10 < 4);
const names = fc.constantFrom("g", "h");
const consumers = fc.constantFrom("c", "d", "e");

interface Step {
  readonly request: readonly string[];
  readonly expected: (model: Model) => unknown;
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: ids.map((id) => step(["XADD", "k", shown(id), "n", String(id)], (m) => m.add(id))),
  },
  fc
    .array(ids, { minLength: 1, maxLength: 4 })
    .map((chosen) => step(["XDEL", "k", ...chosen.map(shown)], (m) => m.remove(chosen))),
  fc
    .nat(12)
    .map((length) =>
      step(["XTRIM", "k", "MAXLEN", String(length)], (m) =>
        m.remove(m.entries.slice(0, Math.max(0, m.entries.length - length))),
      ),
    ),
  ids.map((id) =>
    step(["XTRIM", "k", "MINID", shown(id)], (m) => m.remove(m.entries.filter((one) => one < id))),
  ),
  fc
    .tuple(names, ids)
    .map(([name, id]) =>
      step(["XGROUP", "CREATE", "k", name, shown(id), "MKSTREAM"], (m) => m.create(name, id)),
    ),
  fc.tuple(names, ids).map(([name, id]) =>
    step(["XGROUP", "SETID", "k", name, shown(id)], (m) => {
      const group = m.group(name);
      if (group === undefined) return "refused";
      group.lastId = id;
      return "OK";
    }),
  ),
  names.map((name) =>
    step(["XGROUP", "DESTROY", "k", name], (m) => (m.exists ? Number(m.groups.delete(name)) : "refused")),
  ),
  fc.tuple(names, consumers).map(([name, consumer]) =>
    step(["XGROUP", "DELCONSUMER", "k", name, consumer], (m) => {
      const group = m.group(name);
      if (group === undefined) return "refused";
      const own = m.pendingOf(group, consumer);
      for (const id of own) group.pending.delete(id);
      return own.length;
    }),
  ),
  {
    weight: 4,
    arbitrary: fc
      .tuple(names, consumers, fc.integer({ min: 1, max: 5 }))
      .map(([name, consumer, count]) =>
        step(["XREADGROUP", "GROUP", name, consumer, "COUNT", String(count), "STREAMS", "k", ">"], (m) =>
          m.read(name, consumer, count),
        ),
      ),
  },
  fc
    .tuple(names, consumers, ids)
    .map(([name, consumer, id]) =>
      step(["XREADGROUP", "GROUP", name, consumer, "STREAMS", "k", shown(id)], (m) =>
        m.readAgain(name, consumer, id),
      ),
    ),
  {
    weight: 2,
    arbitrary: fc.tuple(names, fc.array(ids, { minLength: 1, maxLength: 5 })).map(([name, chosen]) =>
      step(["XACK", "k", name, ...chosen.map(shown)], (m) => {
        const group = m.group(name);
        return group === undefined ? 0 : chosen.filter((id) => group.pending.delete(id)).length;
      }),
    ),
  },
  fc
    .tuple(names, consumers, fc.array(ids, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([name, consumer, chosen, isForced]) => {
      const force = isForced ? ["FORCE"] : [];
      return step(["XCLAIM", "k", name, consumer, "0", ...chosen.map(shown), "JUSTID", ...force], (m) =>
        m.claim(name, consumer, chosen, isForced),
      );
    }),
  names.map((name) =>
    step(["XPENDING", "k", name, "-", "+", "1000"], (m) => {
      const group = m.group(name);
      if (group === undefined) return "refused";
      return m.pendingOf(group).map((id) => {
        const { consumer, count } = group.pending.get(id) ?? { consumer: "", count: 0 };
        return [shown(id), consumer, count];
      });
    }),
  ),
  fc
    .tuple(ids, ids)
    .map(([from, to]) =>
      step(["XRANGE", "k", shown(from), shown(to)], (m) =>
        m.entries.filter((id) => id >= from && id <= to).map(shown),
      ),
    ),
  ids.map((to) =>
    step(["XREVRANGE", "k", `(${shown(to)}`, "-"], (m) =>
      m.entries
        .filter((id) => id < to)
        .reverse()
        .map(shown),
    ),
  ),
  fc.constant(step(["XLEN", "k"], (m) => m.entries.length)),
);

function step(request: readonly string[], expected: Step["expected"]): Step {
  return { request, expected };
}

/** A reply without fields and times, which the model does not keep. */
function reduced(command: string | undefined, reply: unknown): unknown {
  if (reply instanceof ReplyFailure) return "refused";
  if (!Array.isArray(reply)) return reply;
  switch (command) {
    case "XREADGROUP":
      return (reply as [[key: unknown, entries: unknown[][]]])[0][1].map(([id]) => id);
    case "XRANGE":
    case "XREVRANGE":
      return (reply as unknown[][]).map(([id]) => id);
    case "XPENDING":
      return (reply as unknown[][]).map(([id, consumer, , count]) => [id, consumer, count]);
    default:
      return reply;
  }
}

test("a stream and its groups behave as a plain model", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const client = await server.client();
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 80 }), async (story) => {
      const model = new Model();
      number += 1;
      const key = `stream${number}`;
      const requests = story.map(({ request }) => request.map((word) => (word === "k" ? key : word)));
      const replies = await client.pipeline(requests);
      const actual = replies.map(({ value }, i) => reduced(story[i]?.request[0], value));
      const expected = story.map(({ expected: next }) => next(model));
      expect(actual).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});
