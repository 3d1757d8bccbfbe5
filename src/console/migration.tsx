/** The migration of all machines of a version to another: what would become of them, then its progress. */
import { useEffect, useState } from "preact/hooks";
import { command, errorOf } from "./api.ts";
import { type Question, useQuestion } from "./confirm.tsx";
import { linkTo, useAllowed, useLoaded } from "./hooks.ts";
import { Ago, count, Fault, Panel } from "./parts.tsx";

interface Plan {
  readonly id: number;
  readonly machines: number;
  readonly states: ReadonlyArray<{
    readonly state: readonly string[];
    readonly to: readonly string[];
    readonly count: number;
  }>;
  readonly strays: ReadonlyArray<{
    readonly state: readonly string[];
    readonly cause: string;
    readonly message: string;
    readonly count: number;
  }>;
  readonly proposed: ReadonlyArray<{ readonly state: string; readonly to: string; readonly because: string }>;
}

interface Known {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly status: string;
}

interface Progress extends Known {
  readonly moved: number;
  readonly held: number;
  readonly left: number | null;
  readonly undone: number;
  readonly stayed: number;
  readonly started: number;
}

const LOOK_MS = 700;

export function Migration({ from, to }: { readonly from: string; readonly to: string }) {
  const [map, setMap] = useState("");
  const [plan, setPlan] = useState<Plan>();
  const [error, setError] = useState<Error>();
  const [round, setRound] = useState(0);
  const { pose, dialog } = useQuestion(() => setRound(round + 1));
  const words = ["SM.MIGRATION", "PLAN", from, to, ...(map.trim() === "" ? [] : ["MAP", map])];
  const [mayPlan, mayStart] = useAllowed([words, ["SM.MIGRATION", "START", "1"]]);
  const look = () => {
    command<Plan>(...words).then(
      (found) => {
        setPlan(found);
        setError(undefined);
      },
      (reason: unknown) => setError(errorOf(reason)),
    );
  };
  return (
    <>
      <Panel
        title="Migration"
        aside={
          mayPlan === true && (
            <button type="button" class="primary" onClick={look}>
              Plan
            </button>
          )
        }
      >
        <label for="map">
          Map (JSON): where states and context go whose names have changed
          <textarea
            id="map"
            rows={3}
            spellcheck={false}
            placeholder='{"states": {"paid": "billed"}}'
            value={map}
            onInput={(event) => setMap(event.currentTarget.value)}
          />
        </label>
        <Fault error={error} />
        {plan !== undefined && <Planned plan={plan} onMap={setMap} />}
        {plan !== undefined && mayStart === true && (
          <p class="menu">
            <button type="button" class="primary" onClick={() => pose(starting(plan))}>
              Migrate {count(plan.machines)}
            </button>
          </p>
        )}
      </Panel>
      <Migrations from={from} to={to} round={round} />
      {dialog}
    </>
  );
}

function Planned({ plan, onMap }: { readonly plan: Plan; readonly onMap: (map: string) => void }) {
  const { machines, states, strays, proposed } = plan;
  return (
    <>
      <p>
        Plan {plan.id}: {count(machines)} machines were looked at; nothing has been changed.
      </p>
      <table class="machines">
        <tbody>
          {states.map(({ state, to, count: some }) => (
            <tr key={state.join()}>
              <td class="number">{count(some)}</td>
              <td>
                {state.join(", ")} → {to.join(", ")}
              </td>
            </tr>
          ))}
          {strays.map(({ state, cause, message, count: some }) => (
            <tr key={`${state.join()} ${cause}`}>
              <td class="number bad">{count(some)}</td>
              <td class="bad">
                {state.join(", ")} fits nowhere: {message}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {proposed.length > 0 && (
        <p>
          Renamed, it seems: {proposed.map(({ state, to }) => `${state} → ${to}`).join(", ")}{" "}
          <button
            type="button"
            class="link"
            onClick={() =>
              onMap(
                JSON.stringify({ states: Object.fromEntries(proposed.map(({ state, to }) => [state, to])) }),
              )
            }
          >
            Take this as the map
          </button>
        </p>
      )}
    </>
  );
}

function starting({ id, machines, strays }: Plan): Question {
  const stranded = strays.reduce((sum, { count: some }) => sum + some, 0);
  return {
    title: "Migrate",
    text: `${count(machines)} machines go on under the other version, at the rate, and those that are made meanwhile.${
      stranded > 0 ? ` ${count(stranded)} do not fit and stay as they are.` : ""
    } Undo takes back those to which nothing has happened since.`,
    fields: [{ name: "rate", label: "Machines a second", value: "100" }],
    isDangerous: stranded > 0,
    words: ({ rate = "" }) => [
      ...["SM.MIGRATION", "START", String(id)],
      ...(rate === "" ? [] : ["RATE", rate]),
      ...(stranded > 0 ? ["HOLD"] : []),
    ],
  };
}

async function migrations(from: string, to: string): Promise<readonly Progress[]> {
  const known = await command<readonly Known[]>("SM.MIGRATION", "LIST");
  const own = known.filter((one) => one.from === from && one.to === to && one.status !== "PLANNED");
  const found = await Promise.all(
    own.slice(-5).map(({ id }) => command<Progress>("SM.MIGRATION", "STATUS", String(id))),
  );
  return found.map((one) => ({ ...one, status: one.status.toLowerCase() })).toReversed();
}

function Migrations({
  from,
  to,
  round,
}: {
  readonly from: string;
  readonly to: string;
  readonly round: number;
}) {
  const [tick, setTick] = useState(0);
  const { data, error, reload } = useLoaded(`migrations ${from} ${to}`, tick + round, () =>
    migrations(from, to),
  );
  const isGoing = data?.some(({ status }) => /running|undoing/.test(status)) ?? false;
  useEffect(() => {
    if (!isGoing) return;
    const timer = setInterval(() => setTick((value) => value + 1), LOOK_MS);
    return () => clearInterval(timer);
  }, [isGoing]);
  const { pose, dialog } = useQuestion(reload);
  const [mayAct] = useAllowed([["SM.MIGRATION", "UNDO", "1"]]);
  if (data === undefined || data.length === 0) return <Fault error={error} />;
  return (
    <Panel title="Migrations from the one to the other">
      <Fault error={error} />
      <table class="machines">
        <tbody>
          {data.map(({ id, status, moved, held, left, undone, stayed, started }) => (
            <tr key={id}>
              <td>
                <b>{id}</b> <span class={`status ${status}`}>{status}</span>
              </td>
              <td>
                <span class="progress">
                  <progress
                    max={Math.max(1, moved + held + (left ?? 0))}
                    value={moved}
                    aria-label="Progress"
                  />
                  <small>
                    {count(moved)} moved, {count(held)} held, {left === null ? "?" : count(left)} left
                    {undone > 0 && `, ${count(undone)} taken back`}
                    {stayed > 0 && `, ${count(stayed)} stayed`}
                  </small>
                </span>
              </td>
              <td class="when">
                <Ago at={started} /> ago
              </td>
              <td class="number">
                {mayAct === true &&
                  actsOf(status).map((what) => (
                    <button type="button" key={what} onClick={() => pose(questionOf(what, id))}>
                      {what}
                    </button>
                  ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">
        <a href={linkTo("find", "", { definition: from })}>Machines that are left</a>
      </p>
      {dialog}
    </Panel>
  );
}

type Act = "Pause" | "Resume" | "Undo";

function actsOf(status: string): readonly Act[] {
  if (status === "running") return ["Pause"];
  if (status === "paused") return ["Resume", "Undo"];
  return status === "done" ? ["Undo"] : [];
}

const CONSEQUENCES: Readonly<Record<Act, string>> = {
  Pause:
    "No more machines are moved until the migration is resumed. Those that have moved stay where they are.",
  Resume: "The machines that are left are moved, at the rate that the migration was started with.",
  Undo: "The machines that have moved go back, but for those to which something has happened since. An undo cannot be taken back.",
};

function questionOf(act: Act, id: number): Question {
  return {
    title: act,
    text: CONSEQUENCES[act],
    fields: [],
    words: () => ["SM.MIGRATION", act.toUpperCase(), String(id)],
  };
}
