/** A machine: where it is and was, what it accepts, why it would refuse, what it waits for, and what may be done to it. */
import { useState } from "preact/hooks";
import type { Drawing } from "../drawing/geometry.ts";
import {
  ask,
  command,
  definitionPath,
  get,
  type HistoryEntry,
  type MachineInfo,
  machinePath,
} from "./api.ts";
import { Chart, withOuter } from "./chart.tsx";
import { Events } from "./events.tsx";
import { linkTo, setQuery, useLoaded } from "./hooks.ts";
import { Ago, Confirm, eventName, Fault, Json, Panel, type Question, quoted, Status } from "./parts.tsx";
import { Timeline } from "./timeline.tsx";

interface Pending {
  readonly id: string;
  readonly kind: string;
  readonly event: string;
  readonly due: number | null;
  readonly error?: string | null;
}

export function Machine({
  machineKey,
  query,
  tick,
}: {
  readonly machineKey: string;
  readonly query: URLSearchParams;
  readonly tick: number;
}) {
  const path = machinePath(machineKey);
  const [question, setQuestion] = useState<Question>();
  const now = useLoaded(`machine ${machineKey}`, tick, () => get<MachineInfo>(path));
  const history = useLoaded(`history ${machineKey}`, tick, () =>
    get<{ history: readonly HistoryEntry[] }>(`${path}/history?newestFirst=true&count=1000`),
  );
  const pending = useLoaded(`pending ${machineKey}`, tick, () =>
    get<{ pending: readonly Pending[] }>(`${path}/pending`),
  );
  const definition = now.data?.definition ?? "";
  const drawing = useLoaded(`drawing ${definition}`, 0, async () =>
    definition === "" ? undefined : get<Drawing>(`${definitionPath(definition)}/drawing`),
  );
  const entries = (history.data?.history ?? []).toReversed();
  const wanted = Number(query.get("rev") ?? 0);
  const isPast = wanted > 0 && now.data !== undefined && wanted < now.data.rev;
  const shown = isPast ? wanted : (now.data?.rev ?? 0);
  const past = useLoaded(`past ${machineKey} ${isPast ? wanted : 0}`, 0, async () =>
    isPast ? get<MachineInfo>(`${path}?rev=${wanted}`) : undefined,
  );
  const machine = isPast ? past.data : now.data;
  const reload = () => {
    now.reload();
    history.reload();
    pending.reload();
  };
  if (now.data === undefined) return <Fault error={now.error} />;
  const visited = entries.filter(({ rev }) => rev <= shown).flatMap(({ to }) => to);
  return (
    <>
      <h1>
        {machineKey} <Status status={now.data.status} />
        <Actions machineKey={machineKey} machine={now.data} ask={setQuestion} />
      </h1>
      <Fault error={now.error ?? past.error ?? drawing.error} />
      <p class="facts">
        <a href={linkTo("definition", definition)}>{definition === "" ? "map machine" : definition}</a>
        <span>rev {now.data.rev}</span>
        <span>
          changed <Ago at={now.data.updated} /> ago
        </span>
        <span>
          made <Ago at={now.data.created} /> ago
        </span>
        {now.data.reason !== null && <span>“{now.data.reason}”</span>}
      </p>
      {definition !== "" && (
        <Panel
          title={isPast ? `At rev ${shown}` : "Now"}
          aside={<strong class="where">{machine?.state.join(", ")}</strong>}
        >
          {drawing.data === undefined ? (
            <p class="hint drawing">Being drawn …</p>
          ) : (
            <Chart
              drawing={drawing.data}
              marks={{ active: withOuter(machine?.state ?? []), visited: withOuter(visited) }}
            />
          )}
        </Panel>
      )}
      <Timeline
        entries={entries}
        shown={shown}
        onShow={(rev) => setQuery("rev", rev === now.data?.rev ? "" : String(rev))}
      />
      <div class="columns">
        {!isPast && <Events machineKey={machineKey} tick={tick + now.data.rev} ask={setQuestion} />}
        <Panel title={isPast ? `Context at rev ${shown}` : "Context"}>
          <Json value={machine?.context ?? {}} />
        </Panel>
        <Panel title="Waits for">
          <PendingList pending={pending.data?.pending ?? []} />
        </Panel>
      </div>
      {question !== undefined && (
        <Confirm
          question={question}
          onClose={(isDone) => {
            setQuestion(undefined);
            if (isDone) reload();
          }}
        />
      )}
    </>
  );
}

function PendingList({ pending }: { readonly pending: readonly Pending[] }) {
  if (pending.length === 0) return <p class="hint">Nothing: no timer, no event for later.</p>;
  return (
    <table class="numbers">
      <tbody>
        {pending.map(({ id, kind, event, due, error }) => (
          <tr key={id}>
            <th scope="row">
              {eventName(event)} <small>{kind}</small>
              {error !== undefined && error !== null && <small class="bad"> {error}</small>}
            </th>
            <td class="number">{due === null ? "" : new Date(due).toLocaleString()}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Actions({
  machineKey,
  machine,
  ask: askFirst,
}: {
  readonly machineKey: string;
  readonly machine: MachineInfo;
  readonly ask: (question: Question) => void;
}) {
  const path = machinePath(machineKey);
  const reason = { name: "reason", label: "Reason" };
  const suspend: Question = {
    title: "Suspend",
    text: "The machine takes no events and its timers wait, until it is resumed.",
    fields: [reason],
    command: (values) =>
      `SM.SUSPEND ${quoted(machineKey)}${values["reason"] === "" ? "" : ` ${quoted(values["reason"] ?? "")}`}`,
    act: ({ reason: text }) => ask("POST", `${path}/suspend`, text === "" ? {} : { reason: text }),
  };
  const resume: Question = {
    title: "Resume",
    text: "The machine takes events again; what has fallen due meanwhile happens at once.",
    fields: [],
    command: () => `SM.RESUME ${quoted(machineKey)}`,
    act: () => ask("POST", `${path}/resume`),
  };
  const retry: Question = {
    title: "Retry",
    text: "The steps that have failed are done again, in their order, up to the first that fails again.",
    fields: [],
    command: () => `SM.RETRY ${quoted(machineKey)}`,
    act: () => ask("POST", `${path}/retry`),
  };
  const remove: Question = {
    title: "Delete",
    text: "The machine is removed with its history, its timers and what it waits for. This cannot be taken back.",
    fields: [],
    isDangerous: true,
    command: () => `DEL ${quoted(machineKey)}`,
    act: async () => {
      await command("DEL", machineKey);
      location.hash = linkTo("find");
    },
  };
  const possible = [
    ...(machine.failed > 0 ? [retry] : []),
    ...(machine.status === "suspended" ? [resume] : machine.status === "done" ? [] : [suspend]),
    remove,
  ];
  return (
    <span class="actions">
      {possible.map((question) => (
        <button type="button" key={question.title} onClick={() => askFirst(question)}>
          {question.title}
        </button>
      ))}
    </span>
  );
}
