/** The events that a machine accepts now, each to be sent; and why it would not take one. */
import { useEffect, useRef, useState } from "preact/hooks";
import { errorOf, get, type MachineInfo, machinePath } from "./api.ts";
import type { Question } from "./confirm.tsx";
import { EventData } from "./event-data.tsx";
import { type Loaded, submitted, useAllowed } from "./hooks.ts";
import { Fault, Panel } from "./parts.tsx";
import { fieldsOf, sending } from "./sending.ts";

export interface NextEvent {
  readonly event: string;
  readonly from: string;
  readonly targets: readonly string[];
  readonly guard: string | null;
  readonly holds: 0 | 1 | null;
}

interface Why {
  readonly verdict: string;
  readonly message: string | null;
  readonly to: readonly string[];
  readonly candidates: ReadonlyArray<{
    readonly from: string;
    readonly event: string;
    readonly targets: readonly string[];
    readonly guard: string | null;
    readonly result: string;
    readonly error: string | null;
    readonly values: Readonly<Record<string, unknown>>;
  }>;
}

export function Events({
  machineKey,
  machine,
  next: { data, error },
  query,
  ask: askFirst,
}: {
  readonly machineKey: string;
  readonly machine: MachineInfo;
  readonly next: Loaded<{ readonly next: readonly NextEvent[] }>;
  readonly query: URLSearchParams;
  readonly ask: (question: Question) => void;
}) {
  const path = machinePath(machineKey);
  const open = (data?.next ?? []).filter(({ event }) => event !== "" && !event.startsWith("xstate."));
  const allowed = useAllowed(open.map(({ event }) => ["SM.SEND", machineKey, event]));
  const [doubt, setDoubt] = useState<{ readonly event: string; readonly round: number }>();
  const asked = useRef("");
  const send = (event: string, given: string) => {
    asked.current = event;
    const onClose = () => {
      asked.current = "";
    };
    askFirst(sending({ key: machineKey, machine, event, data: given, onClose }));
  };
  // A link may ask to send one.
  const wanted = query.get("send") ?? "";
  const isOpen = open.some(({ event }, index) => event === wanted && allowed[index] === true);
  useEffect(() => {
    if (isOpen && asked.current !== wanted) send(wanted, query.get("data") ?? "");
  }, [isOpen, wanted]);
  return (
    <Panel title="Accepts now">
      <Fault error={error} />
      {data !== undefined && open.length === 0 && <p class="hint">No event.</p>}
      <ul class="events">
        {open.map(({ event, from, targets, guard, holds }, index) => (
          <li key={`${from} ${event} ${targets.join()} ${guard}`}>
            {allowed[index] === true ? (
              <button type="button" class={holds === 0 ? "" : "primary"} onClick={() => send(event, "")}>
                {event}
              </button>
            ) : (
              <b>{event}</b>
            )}
            <span>
              {targets.length === 0 ? "stays" : `→ ${targets.join(", ")}`}
              {guard !== null && <code class={holds === 0 ? "bad" : ""}> [{guard}]</code>}
            </span>
            {holds !== 1 && guard !== null && (
              <button
                type="button"
                class="link"
                aria-label={`Why not ${event}?`}
                onClick={() => setDoubt({ event, round: (doubt?.round ?? 0) + 1 })}
              >
                why not?
              </button>
            )}
          </li>
        ))}
      </ul>
      <WhyNot key={`${doubt?.event} ${doubt?.round}`} path={path} machine={machine} doubt={doubt?.event} />
    </Panel>
  );
}

function WhyNot({
  path,
  machine,
  doubt,
}: {
  readonly path: string;
  readonly machine: MachineInfo;
  /** The event that is asked about at once. */
  readonly doubt: string | undefined;
}) {
  const [isOpen, setOpen] = useState(doubt !== undefined);
  const [event, setEvent] = useState(doubt ?? "");
  const [data, setData] = useState("");
  const [why, setWhy] = useState<Why>();
  const [error, setError] = useState<Error>();
  const explain = (name: string) => {
    const query = new URLSearchParams({ event: name, ...(data === "" ? {} : { data }) });
    get<Why>(`${path}/why?${query.toString()}`).then(
      (answer) => {
        setWhy(answer);
        setError(undefined);
      },
      (reason: unknown) => setError(errorOf(reason)),
    );
  };
  useEffect(() => {
    if (doubt !== undefined) explain(doubt);
  }, []);
  return (
    <details class="why" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Why not?</summary>
      <form onSubmit={submitted((given) => explain(given("event")))}>
        <label>
          Event
          <input
            name="event"
            required
            value={event}
            onChange={({ currentTarget }) => setEvent(currentTarget.value)}
          />
        </label>
        {isOpen && (
          <EventData
            key={event}
            id="why-data"
            label="Data (JSON)"
            value={data}
            onInput={setData}
            load={() => fieldsOf(machine, event)}
          />
        )}
        <button type="submit">Explain</button>
      </form>
      <Fault error={error} />
      {why !== undefined && <Verdict why={why} />}
    </details>
  );
}

function Verdict({ why }: { readonly why: Why }) {
  return (
    <div class="verdict">
      <p>
        <strong>{why.verdict}</strong> {why.message ?? `→ ${why.to.join(", ")}`}
      </p>
      <ol>
        {why.candidates.map((candidate) => (
          <li key={`${candidate.from} ${candidate.event} ${candidate.guard}`}>
            <b>{candidate.result}</b> {candidate.from}: {candidate.event}
            {candidate.guard !== null && <code> [{candidate.guard}]</code>}
            {candidate.error !== null && <span class="bad"> {candidate.error}</span>}
            <ul>
              {Object.entries(candidate.values).map(([name, value]) => (
                <li key={name}>
                  <code>
                    {name} = {JSON.stringify(value)}
                  </code>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </div>
  );
}
