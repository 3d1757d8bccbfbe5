/** What may be done to a machine: the actions that its state and the rights of the user leave, each with its question. */
import { command, type MachineInfo } from "./api.ts";
import type { Question, Values } from "./confirm.tsx";
import { linkTo } from "./hooks.ts";

interface Plan {
  readonly rev: number;
  readonly undone: number;
  readonly state: readonly string[];
  readonly context: string;
  readonly timers: ReadonlyArray<{ readonly event: string; readonly due: number }>;
  readonly stays: ReadonlyArray<{
    readonly kind: string;
    readonly name: string | null;
    readonly to: string | null;
  }>;
}

const REASON = { name: "reason", label: "Reason" };

function because({ reason = "" }: Values, isBare = false): readonly string[] {
  return reason === "" ? [] : isBare ? [reason] : ["REASON", reason];
}

/** @param rev that is shown, where it is not the newest */
export function actionsOf(
  key: string,
  machine: MachineInfo,
  facts: {
    readonly rev: number | undefined;
    readonly states: readonly string[];
    readonly versions: readonly string[];
  },
): readonly Question[] {
  const { status, failed, definition } = machine;
  const isChart = definition !== null;
  return [
    ...(failed > 0 ? [retry(key)] : []),
    ...(status === "suspended" ? [resume(key)] : status === "done" ? [] : [suspend(key)]),
    ...(isChart ? [note(key), patch(key, machine), undo(key, machine, facts.rev)] : []),
    ...(facts.states.length > 0 ? [force(key, facts.states)] : []),
    ...(isChart && facts.versions.length > 0 ? [migrate(key, facts.versions)] : []),
    remove(key),
  ];
}

function retry(key: string): Question {
  return {
    title: "Retry",
    text: "The steps that have failed are done again, in their order, up to the first that fails again.",
    fields: [],
    words: () => ["SM.RETRY", key],
  };
}

function suspend(key: string): Question {
  return {
    title: "Suspend",
    text: "The machine takes no events and its timers wait, until it is resumed.",
    fields: [REASON],
    words: (values) => ["SM.SUSPEND", key, ...because(values, true)],
  };
}

function resume(key: string): Question {
  return {
    title: "Resume",
    text: "The machine takes events again; what has fallen due meanwhile happens at once.",
    fields: [],
    words: () => ["SM.RESUME", key],
  };
}

/** A patch that changes nothing: its reason is the note. */
function note(key: string): Question {
  return {
    title: "Note",
    text: "The note is kept in the history of the machine, as the reason of a change that changes nothing: a patch without members.",
    fields: [
      { name: "reason", label: "Note" },
      { name: "by", label: "By" },
    ],
    words: (values) => [
      ...["SM.PATCH", key, "{}", "REASON", values["reason"] ?? ""],
      ...((values["by"] ?? "") === "" ? [] : ["BY", values["by"] ?? ""]),
    ],
  };
}

function patch(key: string, { rev }: MachineInfo): Question {
  return {
    title: "Patch",
    text: "The document is merged into the context: a null removes a member. Automatic transitions that become possible are taken. Undo takes it back; what these send cannot be.",
    fields: [
      { name: "document", label: "What changes of the context (JSON)", isJson: true, value: "{}" },
      REASON,
    ],
    words: (values) => [
      "SM.PATCH",
      key,
      values["document"] ?? "{}",
      "IFREV",
      String(rev),
      ...because(values),
    ],
    act: async (values) =>
      assertChanged(
        await command("SM.PATCH", key, values["document"] ?? "{}", "IFREV", String(rev), ...because(values)),
      ),
  };
}

/** Null: the machine is at another revision than the one that was looked at. */
function assertChanged(answer: unknown): void {
  if (answer === null)
    throw new Error("The machine has moved since you looked: look again, then repeat this.");
}

function undo(key: string, machine: MachineInfo, shown: number | undefined): Question {
  // All that came behind the revision that is shown.
  const rev = shown === undefined ? [] : ["REV", String(shown + 1)];
  const words = (values: Values) => [
    "SM.UNDO",
    key,
    ...rev,
    "IFREV",
    String(machine.rev),
    ...because(values),
  ];
  return {
    title: shown === undefined ? "Undo" : `Undo to rev ${shown}`,
    text:
      shown === undefined
        ? "The last change is taken back; the undo is a change of its own. What is out already stays out."
        : `All changes behind rev ${shown} are taken back; the undo is a change of its own. What is out already stays out.`,
    fields: [REASON],
    words,
    foresee: async () => {
      const plan = await command<Plan>("SM.UNDO", key, ...rev, "PLAN");
      return [
        `${plan.undone} ${plan.undone === 1 ? "change is" : "changes are"} taken back; then in ${plan.state.join(", ")}`,
        ...plan.timers.map(({ event, due }) => `${event} falls due ${new Date(due).toLocaleString()}`),
        ...plan.stays.map(
          ({ kind, name, to }) =>
            `stays out: ${[kind, name, to === null ? null : `to ${to}`].filter((part) => part !== null).join(" ")}`,
        ),
      ];
    },
    act: async (values) => assertChanged(await command(...words(values))),
  };
}

function force(key: string, states: readonly string[]): Question {
  return {
    title: "Force",
    text: "The machine goes to the state whether or not an event leads there; guards are not asked, exit and entry actions run. What they send cannot be taken back.",
    fields: [{ name: "state", label: "State", options: states }, REASON],
    isDangerous: true,
    words: ({ state = "", reason = "" }) => ["SM.MUTATE", key, state, reason || "forced", "FORCE"],
  };
}

function migrate(key: string, versions: readonly string[]): Question {
  return {
    title: "Migrate",
    text: "The machine goes on under another version: history, timers and waiting events stay, entry actions do not run. It cannot be undone, but migrated back.",
    fields: [{ name: "to", label: "Version", options: versions }, REASON],
    words: (values) => ["SM.MIGRATE", key, values["to"] ?? "", ...because(values)],
  };
}

function remove(key: string): Question {
  return {
    title: "Delete",
    text: "The machine is removed with its history, its timers and what it waits for. This cannot be taken back.",
    fields: [],
    isDangerous: true,
    words: () => ["DEL", key],
    onDone: () => {
      location.hash = linkTo("find");
    },
  };
}

/** What each action would run, to ask whether the user may. Revisions do not matter to that, so they are left out: they change often. */
export function commandsOf(questions: readonly Question[]): ReadonlyArray<readonly string[]> {
  return questions.map(({ words, fields }) =>
    words(Object.fromEntries(fields.map(({ name, options }) => [name, options?.[0] ?? ""]))).map(
      (word, at, all) => (/^(?:IF)?REV$/.test(all[at - 1] ?? "") ? "1" : word),
    ),
  );
}

export function Actions({
  questions,
  allowed,
  ask,
}: {
  readonly questions: readonly Question[];
  readonly allowed: readonly boolean[];
  readonly ask: (question: Question) => void;
}) {
  return (
    <span class="actions">
      {questions.map((question, index) =>
        allowed[index] === true ? (
          <button
            type="button"
            key={question.title}
            class={question.isDangerous === true ? "risky" : ""}
            onClick={() => ask(question)}
          >
            {question.title}
          </button>
        ) : null,
      )}
    </span>
  );
}
