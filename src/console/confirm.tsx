/** Asks before something is done: what will happen, what cannot be taken back, as which command, and why. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { EventField } from "../definition-tests/event-fields.ts";
import { command, curlText, errorOf } from "./api.ts";
import { EventData } from "./event-data.tsx";
import { useLoaded } from "./hooks.ts";
import { Copied, Fault, quoted } from "./parts.tsx";

export type Values = Readonly<Record<string, string>>;

export interface FieldOf {
  readonly name: string;
  readonly label: string;
  readonly isJson?: boolean;
  readonly value?: string;
  readonly options?: readonly string[];
  /** Of JSON that is the data of an event: the fields that are read of it. */
  readonly read?: () => Promise<readonly EventField[]>;
}

export interface Question {
  readonly title: string;
  /** What will happen, and what cannot be taken back. */
  readonly text: string;
  /** The command, from what was typed; none for what is done over HTTP alone. */
  readonly words: (values: Values) => readonly string[];
  readonly fields: readonly FieldOf[];
  readonly isDangerous?: boolean;
  /** What the server says would happen, line by line. */
  readonly foresee?: () => Promise<readonly string[]>;
  /** The request as curl sends it, where it is another than that of the command. */
  readonly curl?: (values: Values) => string;
  /** Instead of running the command. */
  readonly act?: (values: Values) => Promise<unknown>;
  /** Behind it. */
  readonly onDone?: () => void;
  /** While it is open: what has been typed. */
  readonly onInput?: (values: Values) => void;
  /** When it is closed, done or not. */
  readonly onClose?: () => void;
}

/** Asks questions of a page, one at a time; `onDone` runs behind each that was answered by doing it. */
export function useQuestion(onDone: () => void = () => undefined) {
  const [question, setQuestion] = useState<Question>();
  const close = (isDone: boolean) => {
    question?.onClose?.();
    setQuestion(undefined);
    if (isDone) onDone();
  };
  const dialog = question === undefined ? null : <Confirm question={question} onClose={close} />;
  return { pose: setQuestion, dialog } as const;
}

function Confirm({
  question,
  onClose,
}: {
  readonly question: Question;
  readonly onClose: (isDone: boolean) => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [values, setValues] = useState<Values>(
    Object.fromEntries(
      question.fields.map(({ name, value = "", options = [] }) => [name, value || (options[0] ?? "")]),
    ),
  );
  const [error, setError] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const foreseen = useLoaded("foreseen", 0, async () => question.foresee?.());
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await (question.act?.(values) ?? command(...question.words(values)));
      onClose(true);
      question.onDone?.();
    } catch (reason) {
      setError(errorOf(reason));
      setBusy(false);
    }
  };
  const set = (name: string, value: string) => {
    const given = { ...values, [name]: value };
    setValues(given);
    question.onInput?.(given);
  };
  return (
    <dialog ref={dialog} onClose={() => onClose(false)} aria-labelledby="question">
      <form onSubmit={submit}>
        <h2 id="question">{question.title}</h2>
        <p>{question.text}</p>
        {question.fields.map((field) => (
          <FieldInput key={field.name} field={field} value={values[field.name] ?? ""} onInput={set} />
        ))}
        <Foreseen lines={foreseen.data ?? []} />
        <CopiedCommand
          words={question.words(values)}
          {...(question.curl === undefined ? {} : { curl: question.curl(values) })}
        />
        <Fault error={error ?? foreseen.error} />
        <div class="menu">
          <button type="button" onClick={() => onClose(false)}>
            Cancel
          </button>
          <button
            type="submit"
            disabled={isBusy || foreseen.error !== undefined}
            class={question.isDangerous === true ? "danger" : "primary"}
          >
            {question.title}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** What the server says would happen. */
function Foreseen({ lines }: { readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <ul class="foreseen">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function FieldInput({
  field: { name, label, isJson, options, read },
  value,
  onInput,
}: {
  readonly field: FieldOf;
  readonly value: string;
  readonly onInput: (name: string, value: string) => void;
}) {
  const id = `field-${name}`;
  const typed = (event: { currentTarget: { value: string } }) => onInput(name, event.currentTarget.value);
  if (read !== undefined)
    return (
      <EventData id={id} label={label} value={value} load={read} onInput={(text) => onInput(name, text)} />
    );
  return (
    <label for={id}>
      {label}
      {options !== undefined ? (
        <select id={id} value={value} onInput={typed}>
          {options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      ) : isJson === true ? (
        <textarea id={id} rows={4} spellcheck={false} value={value} onInput={typed} />
      ) : (
        <input id={id} value={value} onInput={typed} />
      )}
    </label>
  );
}

/** A command as redis-cli or curl take it. */
export function CopiedCommand({
  words,
  curl = curlText(words),
}: {
  /** None: redis-cli cannot do it. */
  readonly words: readonly string[];
  readonly curl?: string;
}) {
  const [wantsCurl, setCurl] = useState(words.length === 0);
  const isCurl = wantsCurl || words.length === 0;
  return (
    <div class="command">
      <fieldset class="kinds" aria-label="Form of the command">
        {words.length > 0 && (
          <button type="button" class="link" aria-pressed={!isCurl} onClick={() => setCurl(false)}>
            redis-cli
          </button>
        )}
        <button type="button" class="link" aria-pressed={isCurl} onClick={() => setCurl(true)}>
          curl
        </button>
      </fieldset>
      <Copied label="Copy the command" text={isCurl ? curl : words.map(quoted).join(" ")} />
    </div>
  );
}
