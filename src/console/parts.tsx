/** Small parts that all pages use. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { errorOf, ProblemError } from "./api.ts";

export function Fault({ error }: { readonly error: Error | undefined }) {
  if (error === undefined) return null;
  const code = error instanceof ProblemError ? error.problem.code : "Error";
  const detail = error instanceof ProblemError ? error.problem.detail : error.message;
  return (
    <p class="fault" role="alert">
      <strong>{code}</strong> {detail}
    </p>
  );
}

/** How long ago, in the largest unit that says enough. */
export function Ago({ at }: { readonly at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString()}>
      {duration(Date.now() - at)}
    </time>
  );
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ""}`;
}

export function Status({ status }: { readonly status: string }) {
  return <span class={`status ${status}`}>{status}</span>;
}

export function Json({ value }: { readonly value: unknown }) {
  return <pre class="json">{JSON.stringify(value, undefined, 2)}</pre>;
}

export interface Question {
  readonly title: string;
  /** What will happen, and what cannot be taken back. */
  readonly text: string;
  /** The same as a command of redis-cli, from what was typed. */
  readonly command: (values: Readonly<Record<string, string>>) => string;
  readonly fields: ReadonlyArray<{
    readonly name: string;
    readonly label: string;
    readonly isJson?: boolean;
    readonly value?: string;
  }>;
  readonly isDangerous?: boolean;
  readonly act: (values: Readonly<Record<string, string>>) => Promise<unknown>;
}

/** Asks before something is done: what will happen, as which command, and why. */
export function Confirm({
  question,
  onClose,
}: {
  readonly question: Question;
  readonly onClose: (isDone: boolean) => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [values, setValues] = useState<Readonly<Record<string, string>>>(
    Object.fromEntries(question.fields.map(({ name, value = "" }) => [name, value])),
  );
  const [error, setError] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await question.act(values);
      onClose(true);
    } catch (reason) {
      setError(errorOf(reason));
      setBusy(false);
    }
  };
  const command = question.command(values);
  return (
    <dialog ref={dialog} onClose={() => onClose(false)} aria-labelledby="question">
      <form onSubmit={submit}>
        <h2 id="question">{question.title}</h2>
        <p>{question.text}</p>
        {question.fields.map(({ name, label, isJson }) => (
          <label key={name} for={`field-${name}`}>
            {label}
            {isJson === true ? (
              <textarea
                id={`field-${name}`}
                rows={4}
                spellcheck={false}
                value={values[name] ?? ""}
                onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
              />
            ) : (
              <input
                id={`field-${name}`}
                value={values[name] ?? ""}
                onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
              />
            )}
          </label>
        ))}
        <Copied label="As redis-cli" text={command} />
        <Fault error={error} />
        <div class="menu">
          <button type="button" onClick={() => onClose(false)}>
            Cancel
          </button>
          <button
            type="submit"
            disabled={isBusy}
            class={question.isDangerous === true ? "danger" : "primary"}
          >
            {question.title}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** A command that can be copied. */
export function Copied({ label, text }: { readonly label: string; readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <div class="copied">
      <code>{text}</code>
      <button
        type="button"
        title={label}
        onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
      >
        {isCopied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

export function Panel({
  title,
  children,
  aside,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly aside?: ComponentChildren;
}) {
  return (
    <section class="panel">
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** An event as a person reads it: that of a timer by its delay. */
export function eventName(event: string): string {
  return event.replace(/^xstate\.after\.([^.]*).*$/, "after $1");
}

/** A word of a command as redis-cli reads it. */
export function quoted(word: string): string {
  return /^[\w.:{}@/*-]+$/.test(word) ? word : `'${word.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
