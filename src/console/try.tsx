/**
 * Try: a definition in an editor with what is wrong at its line, its drawing as one types, and a machine of it that is played through in
 * the browser. Nothing of it goes out. It begins with a machine of the server where one is named.
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { JsonObject } from "../base/json.ts";
import type { Drawing } from "../drawing/geometry.ts";
import type { Machine } from "../engine/machine.ts";
import type { Finding } from "../engine/types.ts";
import { ask, command, errorOf, versionsOf } from "./api.ts";
import { type Begun, fresh, ofMachine, STORED } from "./begun.ts";
import { Chart } from "./chart.tsx";
import { type Step, takenLines, withOuter } from "./chart-path.ts";
import { type Question, useQuestion } from "./confirm.tsx";
import { Foreign, type Translated } from "./foreign.tsx";
import { forked } from "./fork.ts";
import { linkTo, useAllowed, useLoaded } from "./hooks.ts";
import { languageOf } from "./languages.ts";
import { lineOf } from "./lines.ts";
import { begunWith, type Opened, OpenFile, openedFrom, RevisionChoice } from "./opening.tsx";
import { Fault, Json, Panel } from "./parts.tsx";
import { Playing } from "./playing.tsx";
import { type Frame, read, started, testOf } from "./simulator.ts";

const DRAW_AFTER_MS = 400;

export default function Try({
  subject,
  query,
}: {
  readonly subject: string;
  readonly query: URLSearchParams;
}) {
  const rev = Number(query.get("rev") ?? 0);
  const definition = query.get("definition") ?? "";
  const [opened, setOpened] = useState<Opened>();
  const [fault, setFault] = useState<Error>();
  const { data, error } = useLoaded(`try ${subject} ${rev} ${definition}`, 0, () =>
    subject === "" ? fresh(definition) : ofMachine(subject, rev),
  );
  const begun = useMemo(() => (opened === undefined ? data : begunWith(opened)), [opened, data]);
  if (begun === undefined) return error === undefined ? <p class="hint">…</p> : <Fault error={error} />;
  const open = async (file: File) => {
    try {
      setOpened(openedFrom(await file.text(), file.name));
      setFault(undefined);
    } catch (reason) {
      setFault(errorOf(reason));
    }
  };
  const key = opened === undefined ? `${subject} ${rev} ${definition}` : `${opened.name} ${opened.rev}`;
  return (
    <>
      <h1>
        Try
        {opened === undefined && subject !== "" && (
          <small>
            {" "}
            from <a href={linkTo("machine", subject)}>{subject}</a> {rev > 0 && `at rev ${rev}`}
          </small>
        )}
        {opened !== undefined && <small> from {opened.name}</small>}
        <span class="actions">
          <OpenFile onFile={(file) => void open(file)} />
        </span>
      </h1>
      <Fault error={fault} />
      {opened?.machine !== undefined && (
        <RevisionChoice
          file={opened.machine}
          rev={opened.rev}
          onRev={(next) => setOpened({ ...opened, rev: next })}
        />
      )}
      <Editor key={key} begun={begun} isKept={opened === undefined && subject === ""} />
    </>
  );
}

function Editor({
  begun,
  isKept,
}: {
  readonly begun: Begun;
  /** Whether the browser keeps the text for the next time. */
  readonly isKept: boolean;
}) {
  const [text, setText] = useState(begun.text);
  const [translated, setTranslated] = useState<Translated>();
  const known = useMemo(() => read(text), [text]);
  const [machine, setMachine] = useState<Machine>();
  const [frames, setFrames] = useState<readonly Frame[]>([]);
  const { pose, dialog } = useQuestion();
  const { machine: latest, graph } = known;
  useEffect(() => {
    if (latest === undefined) return;
    if (begun.id === "" && isKept) localStorage.setItem(STORED, text);
    setMachine(latest);
    const origin = begun.origin === undefined ? undefined : forked(latest, begun.nowMs, begun.origin);
    setFrames([origin ?? started(latest, begun.nowMs)]);
  }, [latest]);
  const drawing = useDrawing(graph);
  const frame = frames.at(-1);
  const past = begun.origin?.history ?? [];
  const visited = [...past.flatMap(({ to }) => to), ...frames.flatMap(({ states }) => states)];
  const versions = useLoaded(`versions ${begun.id}`, 0, async () =>
    begun.id === "" ? { definitions: [] } : versionsOf(begun.id),
  );
  const [maySave] = useAllowed([["SM.DEF", "CREATE", "x", "{}"]]);
  const name = begun.id.replace(/:[^:]*$/, "");
  return (
    <>
      <div class="beside">
        <p class="hint">
          The machine below runs in this browser alone: nothing is sent and nothing is stored.
        </p>
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
          {maySave !== false && (
            <button
              type="button"
              // It has its room before it is known whether the user may.
              class={maySave === true ? "" : "unseen"}
              disabled={latest === undefined}
              onClick={() => pose(storing(text, nextVersion(name, versions.data?.definitions ?? [])))}
            >
              Save as a version
            </button>
          )}
        </span>
      </div>
      <div class="bench">
        <Panel title="Definition">
          <textarea
            class="editor"
            aria-label="Definition"
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <Foreign
            text={text}
            translated={translated}
            onTranslated={(next, by) => {
              setText(next);
              setTranslated(by);
            }}
          />
          {languageOf(text) === undefined && <Findings text={text} findings={known.findings} />}
        </Panel>
        <div>
          <Panel title="Statechart" aside={<strong class="where">{frame?.states.join(", ")}</strong>}>
            <Fault error={drawing.error} />
            <Chart
              drawing={drawing.data}
              marks={(drawn) => ({
                active: withOuter(frame?.states ?? []),
                visited: withOuter(visited),
                taken: takenLines(drawn, [...past, ...frames.flatMap(stepOf)]),
              })}
            />
          </Panel>
          {machine !== undefined && frame !== undefined && (
            <Playing machine={machine} frames={frames} past={past} onFrames={setFrames} />
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

/** From where to where a frame has led. */
function stepOf({ act, states: to }: Frame, at: number, frames: readonly Frame[]): readonly Step[] {
  const before = frames[at - 1];
  const event = act.kind === "send" ? act.event : null;
  return before === undefined ? [] : [{ event, from: before.states, to }];
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
