/** Whom a machine belongs to, what became of the events that had an id, and all that the server says of it. */
import { useState } from "preact/hooks";
import { errorOf, get, type HistoryEntry, type MachineInfo, machinePath } from "./api.ts";
import type { Relations } from "./family-lines.ts";
import { linkTo, submitted } from "./hooks.ts";
import { Fault, Json, Panel, Status } from "./parts.tsx";

const CHILDREN_SHOWN = 20;
const IDS_SHOWN = 8;

export function Relatives({ machine: { parent, children = [] } }: { readonly machine: Relations }) {
  const above = parent ?? null;
  if (above === null && children.length === 0) return null;
  return (
    <Panel title="Parent and children">
      <table class="numbers">
        <tbody>
          {above !== null && (
            <tr>
              <th scope="row">
                <a href={linkTo("machine", above)}>{above}</a> <small>parent</small>
              </th>
              <td />
            </tr>
          )}
          {children.slice(0, CHILDREN_SHOWN).map(({ id, key, status }) => (
            <tr key={`${id} ${key}`}>
              <th scope="row">
                {key === null ? id : <a href={linkTo("machine", key)}>{key}</a>} <small>{id}</small>
              </th>
              <td class="number">{status !== undefined && <Status status={status} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {children.length > CHILDREN_SHOWN && (
        <p class="hint">and {children.length - CHILDREN_SHOWN} more, in the document below</p>
      )}
    </Panel>
  );
}

export function Outcomes({
  machineKey,
  entries,
}: {
  readonly machineKey: string;
  readonly entries: readonly HistoryEntry[];
}) {
  const [outcome, setOutcome] = useState<{ readonly id: string; readonly told: unknown }>();
  const [error, setError] = useState<Error>();
  const known = entries.flatMap(({ id, event }) => (id === null || event === null ? [] : [{ id, event }]));
  const ids = [...new Map(known.map((one) => [one.id, one])).values()].slice(-IDS_SHOWN).reverse();
  const look = (id: string) => {
    get<unknown>(`${machinePath(machineKey)}/outcomes/${encodeURIComponent(id)}`).then(
      (told) => {
        setOutcome({ id, told });
        setError(undefined);
      },
      (reason: unknown) => setError(errorOf(reason)),
    );
  };
  return (
    <Panel title="Outcomes">
      <p class="hint">What became of an event that was sent with an id, refused ones too.</p>
      <form class="look" onSubmit={submitted((given) => given("id") !== "" && look(given("id")))}>
        <input name="id" placeholder="Id of an event" aria-label="Id of an event" />
        <button type="submit">Look up</button>
      </form>
      {ids.length > 0 && (
        <p class="ids">
          {ids.map(({ id, event }) => (
            <button type="button" class="link" key={id} onClick={() => look(id)}>
              {event} {id}
            </button>
          ))}
        </p>
      )}
      <Fault error={error} />
      {outcome !== undefined && error === undefined && <Json value={outcome.told} />}
    </Panel>
  );
}

export function RawDocument({ machine }: { readonly machine: MachineInfo }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="panel raw" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Raw document</summary>
      {isOpen && <Json value={machine} />}
    </details>
  );
}
