/** The question before an event is sent: with a field for each datum that is read of it, and kept in the address, so that it can be a link. */
import type { EventField } from "../definition-tests/event-fields.ts";
import { definitionPath, get, type MachineInfo } from "./api.ts";
import type { Question, Values } from "./confirm.tsx";
import { readRoute, setQueries } from "./hooks.ts";

interface Sending {
  readonly key: string;
  readonly machine: MachineInfo;
  /** Or what begins the names of events, `order.*`. */
  readonly event: string;
  /** JSON; empty for none. */
  readonly data: string;
  readonly onClose: () => void;
}

export function sending({ key, machine, event, data, onClose }: Sending): Question {
  const isPattern = event.endsWith("*");
  noteInAddress(key, { send: event, data });
  return {
    title: `Send ${event}`,
    text: "The event is sent and, where the machine takes it, kept in its history. It cannot be unsent.",
    fields: [
      ...(isPattern ? [{ name: "event", label: "Event", value: event.slice(0, -1) }] : []),
      {
        ...{ name: "data", label: "Data (JSON)", isJson: true, value: data },
        read: () => fieldsOf(machine, event),
      },
      { name: "reason", label: "Reason" },
    ],
    words: ({ event: name = event, data: given = "", reason = "" }) => [
      ...["SM.SEND", key, name],
      ...(given === "" ? [] : [given]),
      ...(reason === "" ? [] : ["REASON", reason]),
    ],
    onInput: ({ data: given = "" }: Values) => noteLater(key, { send: event, data: given }),
    onClose: () => {
      noteInAddress(key, { send: "", data: "" });
      onClose();
    },
  };
}

/** What is read of the event; nothing where the user may not see the definition: there is the JSON. */
export async function fieldsOf(machine: MachineInfo, event: string): Promise<readonly EventField[]> {
  if (machine.definition === null || event === "") return [];
  try {
    const [{ fieldsRead }, definition] = await Promise.all([
      import("./event-form.ts"),
      get<unknown>(definitionPath(machine.definition)),
    ]);
    return fieldsRead(definition, event, machine);
  } catch {
    return [];
  }
}

/** Browsers let a page change its address only so often. */
const NOTE_MS = 250;
/** More is no link that anybody sends. */
const DATA_CHARS_MAX = 2000;

let timer = 0;

function noteLater(key: string, values: { readonly send: string; readonly data: string }): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => noteInAddress(key, values), NOTE_MS);
}

/** On the page of the machine, where it still is open. */
function noteInAddress(key: string, { send, data }: { readonly send: string; readonly data: string }): void {
  clearTimeout(timer);
  const { page, subject } = readRoute();
  if (page === "machine" && subject === key)
    setQueries({ send, data: data.length > DATA_CHARS_MAX ? "" : data });
}
