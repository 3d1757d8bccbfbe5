/** One action over all machines that a filter fits: makes a bulk job, which counts them first. */
import { ask, curlOf } from "./api.ts";
import { type FieldOf, type Question, useQuestion, type Values } from "./confirm.tsx";
import { linkTo, useAllowed } from "./hooks.ts";

const REASON: FieldOf = { name: "reason", label: "Reason" };
const RATE: FieldOf = { name: "rate", label: "Machines a second", value: "50" };
const EVENT: readonly FieldOf[] = [
  { name: "event", label: "Event" },
  { name: "data", label: "Data (JSON)", isJson: true },
];

interface BulkAction {
  readonly action: string;
  readonly command: string;
  readonly fields: readonly FieldOf[];
  readonly text: string;
}

const ACTIONS: readonly BulkAction[] = [
  {
    ...{ action: "send", command: "SM.SEND", fields: [...EVENT, REASON, RATE] },
    text: "Each machine gets the event; those that refuse it stay as they are.",
  },
  { action: "retry", command: "SM.RETRY", fields: [RATE], text: "Each machine does its failed steps again." },
  {
    action: "suspend",
    command: "SM.SUSPEND",
    fields: [REASON, RATE],
    text: "Each machine waits until it is resumed.",
  },
  { action: "resume", command: "SM.RESUME", fields: [RATE], text: "Each machine takes events again." },
  {
    action: "delete",
    command: "DEL",
    fields: [RATE],
    text: "Each machine is removed with its history. This cannot be taken back.",
  },
];

export function Bulk({ filter }: { readonly filter: Readonly<Record<string, string>> }) {
  const { pose, dialog } = useQuestion();
  const allowed = useAllowed(
    ACTIONS.map(({ command }) => (command === "SM.SEND" ? [command, "x", "x"] : [command, "x"])),
  );
  const possible = ACTIONS.filter((_, index) => allowed[index] === true);
  if (allowed.length === 0) return <span class="room" />;
  if (possible.length === 0) return null;
  return (
    <>
      <select
        aria-label="Do with all of them"
        value=""
        onChange={(event) => {
          const chosen = possible.find(({ action }) => action === event.currentTarget.value);
          event.currentTarget.value = "";
          if (chosen !== undefined) pose(questionOf(chosen, filter));
        }}
      >
        <option value="">Act on all …</option>
        {possible.map(({ action }) => (
          <option key={action} value={action}>
            {action}
          </option>
        ))}
      </select>
      {dialog}
    </>
  );
}

function questionOf(
  { action, command, fields, text }: BulkAction,
  filter: Readonly<Record<string, string>>,
): Question {
  return {
    title: "Count",
    text: `${text} Nothing happens yet: the machines are counted, and the page of the job has the button that starts it.`,
    fields,
    words: ({ event = "", data = "" }) => [
      ...[command, "KEY"],
      ...(action === "send" ? [event] : []),
      ...(data === "" ? [] : [data]),
    ],
    curl: (values) => curlOf("/api/v1/jobs", jobOf(action, values, filter)),
    act: async (values) => {
      if ((values["data"] ?? "") !== "") JSON.parse(values["data"] ?? "");
      const { id } = await ask<{ readonly id: string }>(
        "POST",
        "/api/v1/jobs",
        jobOf(action, values, filter),
      );
      location.hash = linkTo("jobs", id);
    },
  };
}

function jobOf(action: string, values: Values, filter: Readonly<Record<string, string>>) {
  const { rate = "50", event = "", data = "", reason = "" } = values;
  return {
    ...{ action, rate: Number(rate), reason },
    ...(event === "" ? {} : { event }),
    ...(data === "" ? {} : { data: parsed(data) }),
    filter: Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== "")),
  };
}

/** While one types it may be no JSON yet. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
