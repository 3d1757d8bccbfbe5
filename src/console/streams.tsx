/** The streams that machines write, who reads them in groups, and tasks that were given up. */
import { command, get } from "./api.ts";
import { type Question, useQuestion } from "./confirm.tsx";
import { isSettled, linkTo, useAllowed, useLoaded, useReady } from "./hooks.ts";
import { type Entry, latestEntries } from "./latest-entries.ts";
import { Ago, count, Fault, Loading, Panel } from "./parts.tsx";

interface Group {
  readonly name: string;
  readonly consumers: number;
  readonly pending: number;
  readonly lag: number | null;
}

interface Stream {
  readonly name: string;
  readonly length: number;
  readonly groups: readonly Group[];
}

const DEAD_MAX = 100;
const DEAD_STREAM = "sm:dead";

async function streams(): Promise<readonly Stream[]> {
  return (await get<{ readonly streams: readonly Stream[] }>("/api/v1/streams")).streams;
}

const deadLetters = () => latestEntries("DEAD", DEAD_STREAM, DEAD_MAX);

export function Streams({ tick, database }: { readonly tick: number; readonly database: string }) {
  const known = useLoaded(`streams ${database}`, tick, streams);
  const dead = useLoaded(`dead ${database}`, tick, deadLetters);
  const { pose, dialog } = useQuestion(dead.reload);
  const [mayRequeue] = useAllowed([["SM.REQUEUE", "ALL"]]);
  const isReady = useReady("streams", isSettled(known) && isSettled(dead) && mayRequeue !== undefined);
  const shown = dead.data ?? [];
  const deadTotal = (known.data ?? [])
    .filter(({ name }) => name === DEAD_STREAM || name.startsWith(`${DEAD_STREAM}:{`))
    .reduce((sum, { length }) => sum + length, 0);
  if (!isReady) return <Loading title="Streams and tasks" />;
  return (
    <>
      <h1>Streams and tasks</h1>
      <Fault error={known.error ?? dead.error} />
      <Panel
        title={`Tasks that were given up${deadTotal > shown.length ? `: the latest ${count(shown.length)} of ${count(deadTotal)}` : ""}`}
        aside={
          mayRequeue === true &&
          shown.length > 1 && (
            <button type="button" onClick={() => pose(requeueAll(shown))}>
              Requeue all
            </button>
          )
        }
      >
        {dead.data?.length === 0 && <p class="hint">No task was given up.</p>}
        {shown.length > 0 && (
          <DeadLetters letters={shown} {...(mayRequeue === true ? { onRequeue: pose } : {})} />
        )}
      </Panel>
      <Panel title="Streams">
        {known.data?.length === 0 && <p class="hint">No machine has written any yet.</p>}
        <table>
          <thead>
            <tr>
              <th scope="col">Stream</th>
              <th scope="col" class="number">
                Entries
              </th>
              <th scope="col">Group</th>
              <th scope="col" class="number">
                Consumers
              </th>
              <th scope="col" class="number">
                Pending
              </th>
              <th scope="col" class="number">
                Lag
              </th>
            </tr>
          </thead>
          <tbody>
            {known.data?.flatMap(({ name, length, groups }) =>
              (groups.length === 0 ? [undefined] : groups).map((group, index) => (
                <tr key={`${name} ${group?.name ?? ""}`}>
                  <td>{index === 0 ? name : ""}</td>
                  <td class="number">{index === 0 ? count(length) : ""}</td>
                  <td>{group?.name ?? <span class="quiet">none</span>}</td>
                  <td class="number">{group === undefined ? "" : count(group.consumers)}</td>
                  <td class="number">{group === undefined ? "" : count(group.pending)}</td>
                  <td class="number">{group === undefined ? "" : (group.lag ?? "?")}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </Panel>
      {dialog}
    </>
  );
}

/** Why tasks are given up, in words. */
const REASONS: Readonly<Record<string, string>> = {
  attempts: "delivered as often as it may be, never acknowledged",
  timeout: "not answered before its deadline",
  wrongtype: "its stream is a key of another type",
};

function DeadLetters({
  letters,
  onRequeue,
}: {
  readonly letters: readonly Entry[];
  readonly onRequeue?: (question: Question) => void;
}) {
  return (
    <table class="machines">
      <thead>
        <tr>
          <th scope="col">Task</th>
          <th scope="col">Why</th>
          <th scope="col">Input</th>
          <th scope="col">Given up</th>
          {onRequeue !== undefined && <th scope="col" aria-label="Action" />}
        </tr>
      </thead>
      <tbody>
        {letters.map((letter) => {
          const of = (name: string) => letter.fields.get(name);
          const reason = of("reason") ?? "";
          return (
            <tr key={`${letter.stream} ${letter.id}`}>
              <th scope="row">
                {of("task") ?? of("stream") ?? "task"} of <MachineLink machineKey={of("key")} />
              </th>
              <td>{REASONS[reason] ?? reason}</td>
              <td class="input">
                <code class="quiet">{of("input") ?? ""}</code>
              </td>
              <td class="when">
                <Ago at={Number(of("died") ?? letter.id.split("-")[0])} /> ago
              </td>
              {onRequeue !== undefined && (
                <td class="number">
                  <button type="button" onClick={() => onRequeue(requeue(letter))}>
                    Requeue
                  </button>
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function MachineLink({ machineKey }: { readonly machineKey: string | undefined }) {
  return machineKey === undefined ? <>?</> : <a href={linkTo("machine", machineKey)}>{machineKey}</a>;
}

/** Where a cluster has several streams of them, those that are shown: all of one server are not all there are. */
function requeueAll(shown: readonly Entry[]): Question {
  const isOneStream = shown.every(({ stream }) => stream === DEAD_STREAM);
  const question: Question = {
    title: "Requeue all",
    text: `${isOneStream ? "All tasks that were given up" : "The tasks that are listed"} go back to the ends of their streams, to be done once more.`,
    fields: [],
    words: () => ["SM.REQUEUE", "ALL"],
  };
  if (isOneStream) return question;
  const act = async () => {
    for (const letter of shown) await command(...requeue(letter).words({}));
  };
  return { ...question, act };
}

function requeue({ id, stream }: Entry): Question {
  return {
    title: "Requeue",
    text: "The task goes back to the end of its stream, to be done once more. Its machine may know already that it failed.",
    fields: [],
    words: () => ["SM.REQUEUE", id, ...(stream === DEAD_STREAM ? [] : ["STREAM", stream])],
  };
}
