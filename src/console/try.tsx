/**
 * Try: a definition in an editor with what is wrong at its line, its drawing as one types, and a machine of it that is played through in
 * the browser. Nothing of it goes out. It begins with a machine of the server where one is named.
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { JsonObject } from "../base/json.ts";
import type { Drawing } from "../drawing/geometry.ts";
import type { Machine } from "../engine/machine.ts";
import type { Finding } from "../engine/types.ts";
import { ask, command, definitionPath, get, type MachineInfo, machinePath, versionsOf } from "./api.ts";
import { Chart, withOuter } from "./chart.tsx";
import { type Question, useQuestion } from "./confirm.tsx";
import { linkTo, useAllowed, useLoaded } from "./hooks.ts";
import { lineOf } from "./lines.ts";
import { Fault, Json, Panel } from "./parts.tsx";
import { Playing } from "./playing.tsx";
import { type Frame, forked, type Origin, read, started, testOf } from "./simulator.ts";

const STORED = "detent try";
const DRAW_AFTER_MS = 400;

const FIRST = `{
  "id": "door",
  "initial": "closed",
  "context": { "opened": 0 },
  "states": {
    "closed": {
      "on": {
        "OPEN": { "target": "open", "actions": [{ "assign": { "opened": "context.opened + 1" } }] },
        "LOCK": { "guard": "event.code == 1234", "target": "locked" }
      }
    },
    "open": { "on": { "CLOSE": "closed" }, "after": { "30s": "closed" } },
    "locked": { "on": { "UNLOCK": { "guard": "event.code == 1234", "target": "closed" } } }
  }
}
`;

interface Begun {
  readonly text: string;
  readonly id: string;
  readonly origin?: Origin;
  readonly nowMs: number;
}

export default function Try({
  subject,
  query,
}: {
  readonly subject: string;
  readonly query: URLSearchParams;
}) {
  const rev = Number(query.get("rev") ?? 0);
  const definition = query.get("definition") ?? "";
  const { data, error } = useLoaded(`try ${subject} ${rev} ${definition}`, 0, () =>
    subject === "" ? fresh(definition) : ofMachine(subject, rev),
  );
  if (data === undefined) return error === undefined ? <p class="hint">…</p> : <Fault error={error} />;
  return <Editor key={`${subject} ${rev} ${definition}`} begun={data} subject={subject} rev={rev} />;
}

async function fresh(definition: string): Promise<Begun> {
  const nowMs = Date.now();
  if (definition === "") return { text: localStorage.getItem(STORED) ?? FIRST, id: "", nowMs };
  return { text: pretty(await get<unknown>(definitionPath(definition))), id: definition, nowMs };
}

interface Plan {
  readonly timers: Origin["timers"];
}

/** A machine as it is, or as it was at a revision: its timers then are those that an undo would leave. */
async function ofMachine(key: string, rev: number): Promise<Begun> {
  const now = await get<MachineInfo>(machinePath(key));
  if (now.definition === null) throw new Error("A map machine has no definition that could be tried.");
  const isPast = rev > 0 && rev < now.rev;
  const seen = isPast ? await get<MachineInfo>(`${machinePath(key)}?rev=${rev}`) : now;
  const definition = seen.definition ?? now.definition;
  const document = await get<unknown>(definitionPath(definition));
  const { timers, children } = isPast ? await waitsAt(key, rev) : await waits(key);
  const origin = {
    status: seen.status,
    states: seen.state,
    context: seen.context as JsonObject,
    timers,
    children,
  };
  return { text: pretty(document), id: definition, origin, nowMs: isPast ? seen.updated : Date.now() };
}

interface Pending {
  readonly id: string;
  readonly kind: string;
  readonly event: string;
  readonly due: number | null;
  readonly definition?: string | null;
}

type Waits = Pick<Origin, "timers" | "children">;

async function waits(key: string): Promise<Waits> {
  const { pending } = await get<{ readonly pending: readonly Pending[] }>(`${machinePath(key)}/pending`);
  return {
    timers: pending.flatMap(({ id, kind, event, due }) =>
      kind === "timer" && due !== null ? [{ id, event, due }] : [],
    ),
    children: pending.flatMap(({ id, kind, definition }) =>
      kind === "running" ? [{ id, src: definition ?? "" }] : [],
    ),
  };
}

async function waitsAt(key: string, rev: number): Promise<Waits> {
  try {
    const { timers } = await command<Plan>("SM.UNDO", key, "REV", String(rev + 1), "PLAN");
    return { timers, children: [] };
  } catch {
    // It lies too far back, or the user may not ask: then no timer is known.
    return { timers: [], children: [] };
  }
}

function pretty(document: unknown): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function Editor({
  begun,
  subject,
  rev,
}: {
  readonly begun: Begun;
  readonly subject: string;
  readonly rev: number;
}) {
  const [text, setText] = useState(begun.text);
  const known = useMemo(() => read(text), [text]);
  const [machine, setMachine] = useState<Machine>();
  const [frames, setFrames] = useState<readonly Frame[]>([]);
  const { pose, dialog } = useQuestion();
  const { machine: latest, graph } = known;
  useEffect(() => {
    if (latest === undefined) return;
    if (begun.id === "" && subject === "") localStorage.setItem(STORED, text);
    setMachine(latest);
    const origin = begun.origin === undefined ? undefined : forked(latest, begun.nowMs, begun.origin);
    setFrames([origin ?? started(latest, begun.nowMs)]);
  }, [latest]);
  const drawing = useDrawing(graph);
  const frame = frames.at(-1);
  const visited = frames.flatMap(({ states }) => states);
  const versions = useLoaded(`versions ${begun.id}`, 0, async () =>
    begun.id === "" ? { definitions: [] } : versionsOf(begun.id),
  );
  const [maySave] = useAllowed([["SM.DEF", "CREATE", "x", "{}"]]);
  const name = begun.id.replace(/:[^:]*$/, "");
  return (
    <>
      <h1>
        Try
        {subject !== "" && (
          <small>
            {" "}
            from <a href={linkTo("machine", subject)}>{subject}</a> {rev > 0 && `at rev ${rev}`}
          </small>
        )}
        <span class="actions">
          <button
            type="button"
            disabled={frames.length < 2}
            onClick={() =>
              save("session.test.json", testOf(`${name || "definition"}.json`, frames, givenOf(begun)))
            }
          >
            Save as a test
          </button>
          {maySave === true && (
            <button
              type="button"
              disabled={latest === undefined}
              onClick={() => pose(storing(text, nextVersion(name, versions.data?.definitions ?? [])))}
            >
              Save as a version
            </button>
          )}
        </span>
      </h1>
      <p class="hint">The machine below runs in this browser alone: nothing is sent and nothing is stored.</p>
      <div class="bench">
        <Panel title="Definition">
          <textarea
            class="editor"
            aria-label="Definition"
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <Findings text={text} findings={known.findings} />
        </Panel>
        <div>
          <Panel title="Statechart" aside={<strong class="where">{frame?.states.join(", ")}</strong>}>
            <Fault error={drawing.error} />
            {drawing.data === undefined ? (
              <p class="hint drawing">Drawing …</p>
            ) : (
              <Chart
                drawing={drawing.data}
                marks={{ active: withOuter(frame?.states ?? []), visited: withOuter(visited) }}
              />
            )}
          </Panel>
          {machine !== undefined && frame !== undefined && (
            <Playing machine={machine} frames={frames} onFrames={setFrames} />
          )}
          {frame !== undefined && (
            <Panel title="Context">
              <Json value={frame.situation.snapshot.context} />
            </Panel>
          )}
        </div>
      </div>
      {dialog}
    </>
  );
}

/** The drawing of the latest text that could be read, asked for when typing rests. */
function useDrawing(graph: string | undefined) {
  const [wanted, setWanted] = useState(graph);
  useEffect(() => {
    if (graph === undefined) return;
    const timer = setTimeout(() => setWanted(graph), DRAW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [graph]);
  const loaded = useLoaded(wanted ?? "", 0, async () =>
    wanted === undefined
      ? undefined
      : ask<Drawing>("POST", "/api/v1/drawings", { title: "machine", graph: JSON.parse(wanted) as unknown }),
  );
  // The one before stays until the next is there.
  const [kept, setKept] = useState<Drawing>();
  useEffect(() => {
    if (loaded.data !== undefined) setKept(loaded.data);
  }, [loaded.data]);
  return { data: loaded.data ?? kept, error: loaded.error };
}

function Findings({ text, findings }: { readonly text: string; readonly findings: readonly Finding[] }) {
  if (findings.length === 0) return <p class="calm">No faults found.</p>;
  return (
    <ul class="findings" aria-label="What is wrong">
      {findings.map(({ severity, path, message }) => (
        <li key={`${path} ${message}`} class={severity === "error" ? "bad" : ""}>
          <b>line {lineOf(text, path)}</b> <code>{path}</code> {message}
        </li>
      ))}
    </ul>
  );
}

function givenOf({ origin }: Begun): JsonObject | undefined {
  if (origin === undefined) return undefined;
  return { state: [...origin.states], context: origin.context };
}

/** The first number that no version has. */
function nextVersion(name: string, ids: readonly string[]): string {
  const numbers = ids.map((id) => Number(/:v(\d+)$/.exec(id)?.[1] ?? 0));
  return `${name}:v${Math.max(0, ...numbers) + 1}`;
}

function storing(text: string, id: string): Question {
  return {
    title: "Save",
    text: "The definition is stored as a new version. It stays until it is removed, and machines that are made from now on use it.",
    fields: [{ name: "id", label: "name:version", value: id }],
    words: (values) => ["SM.DEF", "CREATE", values["id"] ?? "", JSON.stringify(JSON.parse(text))],
    act: async (values) => {
      const stored = await command<string>("SM.DEF", "CREATE", values["id"] ?? "", text);
      location.hash = linkTo("definition", stored);
    },
  };
}

function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
