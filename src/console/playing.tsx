/** A machine that is played through: the events it accepts, the clock, the ends of its children, and what has happened so far. */
import { useState } from "preact/hooks";
import type { Json } from "../base/json.ts";
import { eventFields } from "../definition-tests/event-fields.ts";
import type { Machine } from "../engine/machine.ts";
import type { HistoryEntry } from "./api.ts";
import { EventData } from "./event-data.tsx";
import { eventName } from "./event-name.ts";
import { submitted } from "./hooks.ts";
import { duration, Panel } from "./parts.tsx";
import { type Act, accepted, type Frame, played } from "./simulator.ts";

const STEPS: ReadonlyArray<readonly [string, number]> = [
  ["1 s", 1000],
  ["1 min", 60_000],
  ["1 h", 3_600_000],
  ["1 d", 86_400_000],
];

export function Playing({
  machine,
  frames,
  past,
  onFrames,
}: {
  readonly machine: Machine;
  readonly frames: readonly Frame[];
  /** What the machine had been through before, the oldest first. */
  readonly past: readonly HistoryEntry[];
  readonly onFrames: (frames: readonly Frame[]) => void;
}) {
  const frame = frames.at(-1);
  // The event that is about to be sent, and its data as JSON.
  const [chosen, setChosen] = useState("");
  const [data, setData] = useState("");
  const [fault, setFault] = useState("");
  if (frame === undefined) return null;
  const act = (what: Act) => onFrames([...frames, played(machine, frame, what)]);
  const { nowMs, snapshot, children, isSuspended } = frame.situation;
  const fieldsOf = (event: string) => eventFields(machine, event, snapshot.configuration, snapshot.context);
  /** Acts with the data, which the next one begins without. */
  const actWith = (what: (data: Json | undefined) => Act) => {
    try {
      act(what(data.trim() === "" ? undefined : (JSON.parse(data) as Json)));
      setChosen("");
      setData("");
      setFault("");
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  const send = (event: string) =>
    actWith((given) => ({ kind: "send", event, ...(given === undefined ? {} : { data: given }) }));
  const choose = (event: string) => {
    if (data.trim() === "" && fieldsOf(event).length > 0) setChosen(event);
    else send(event);
  };
  const timers = snapshot.timers.toSorted((a, b) => a.deadlineMs - b.deadlineMs);
  const [first] = timers;
  return (
    <Panel
      title="Play"
      aside={
        <button type="button" disabled={frames.length < 2} onClick={() => onFrames(frames.slice(0, -1))}>
          Step back
        </button>
      }
    >
      <div class="play">
        <fieldset aria-label="Events it accepts">
          {accepted(machine, frame).map(({ event, holds, transitions }) => (
            <button
              type="button"
              key={event}
              class={holds === false ? "" : "primary"}
              title={transitions.map(({ guard }) => guard ?? "").join(" ")}
              aria-pressed={event === chosen}
              onClick={() => choose(event)}
            >
              {event}
            </button>
          ))}
          {children
            .filter(({ status }) => status === "active")
            .map(({ id }) => (
              <button
                type="button"
                key={id}
                onClick={() => actWith((output = null) => ({ kind: "child", child: id, output }))}
              >
                child {id} ends
              </button>
            ))}
          {isSuspended && (
            <button type="button" onClick={() => act({ kind: "resume" })}>
              Resume
            </button>
          )}
        </fieldset>
        <form
          onSubmit={submitted((given) => {
            if (given("event") !== "") send(given("event"));
          })}
        >
          <label>
            Event
            <input
              name="event"
              placeholder="Another event"
              value={chosen}
              onChange={({ currentTarget }) => setChosen(currentTarget.value)}
            />
          </label>
          <EventData
            key={`${frames.length} ${chosen}`}
            id="play-data"
            label="Data of the event (JSON)"
            value={data}
            onInput={setData}
            load={async () => (chosen === "" ? [] : fieldsOf(chosen))}
          />
          <button type="submit">{chosen === "" ? "Send" : `Send ${chosen}`}</button>
        </form>
        {fault !== "" && <p class="bad">{fault}</p>}
        <fieldset aria-label="The clock">
          {first !== undefined && (
            <button
              type="button"
              onClick={() => act({ kind: "wait", ms: Math.max(0, first.deadlineMs - nowMs) })}
            >
              to {eventName(first.event)}
            </button>
          )}
          {STEPS.map(([label, ms]) => (
            <button type="button" key={label} onClick={() => act({ kind: "wait", ms })}>
              +{label}
            </button>
          ))}
          <small>
            {new Date(nowMs).toLocaleString()}
            {timers.map(({ seq, event, deadlineMs }) => (
              <span key={seq}>
                {" "}
                · {eventName(event)} in {duration(deadlineMs - nowMs)}
              </span>
            ))}
          </small>
        </fieldset>
      </div>
      <Frames frames={frames} onFrames={onFrames} />
      {past.length > 0 && <Past entries={past} />}
    </Panel>
  );
}

function Frames({
  frames,
  onFrames,
}: {
  readonly frames: readonly Frame[];
  readonly onFrames: (frames: readonly Frame[]) => void;
}) {
  return (
    <ol class="frames" reversed>
      {frames
        .map(({ act, states, told, refused }, at) => (
          <li key={at}>
            <button
              type="button"
              class="link"
              title={`Back to step ${at + 1}`}
              onClick={() => onFrames(frames.slice(0, at + 1))}
            >
              {actText(act)}
            </button>{" "}
            → {states.join(", ")}
            {refused !== undefined && <span class="bad"> {refused}</span>}
            {told.length > 0 && <small> {told.join(" · ")}</small>}
          </li>
        ))
        .toReversed()}
    </ol>
  );
}

const PAST_SHOWN = 100;

/** The history of the machine that was forked. */
function Past({ entries }: { readonly entries: readonly HistoryEntry[] }) {
  const shown = entries.slice(-PAST_SHOWN).toReversed();
  return (
    <details class="past">
      <summary>Before that: {entries.length} entries of its history</summary>
      <ol class="frames">
        {shown.map(({ rev, at, kind, event, to }) => (
          <li key={`${rev} ${at} ${kind}`}>
            <span title={new Date(at).toLocaleString()}>rev {rev}</span>{" "}
            <b>{event === null ? kind : eventName(event)}</b> → {to.join(", ")}
          </li>
        ))}
      </ol>
      {entries.length > shown.length && <p class="hint">The newest {PAST_SHOWN} are shown.</p>}
    </details>
  );
}

function actText(act: Act): string {
  switch (act.kind) {
    case "start":
      return "start";
    case "send":
      return `${act.event}${act.data === undefined ? "" : ` ${JSON.stringify(act.data)}`}`;
    case "wait":
      return `${duration(act.ms)} later`;
    case "child":
      return `child ${act.child} ends`;
    case "resume":
      return "resumed";
  }
}
