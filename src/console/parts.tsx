/** Small parts that all pages use. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ProblemError } from "./api.ts";

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

/** A page whose data is on its way. */
export function Loading({ title }: { readonly title: string }) {
  return (
    <>
      <h1>{title}</h1>
      <p class="hint">Loading …</p>
    </>
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

/** How long until then, counted down. */
export function Until({ at }: { readonly at: number }) {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString()}>
      {at > nowMs ? `in ${duration(at - nowMs)}` : "now"}
    </time>
  );
}

/** A number with its noun and verb: "1 machine has", "2 machines have". */
export function several(number: number, one: string, many: string): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  return days < 10 && hours > 0 ? `${days} d ${hours} h` : `${days} d`;
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
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too
    <pre class="json" tabIndex={0}>
      {JSON.stringify(value, undefined, 2)}
    </pre>
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

/** A command as people write it: statistics and the audit stream have `config|set`. */
export function commandName(name: string): string {
  return name.replace("|", " ").toUpperCase();
}

/** A word of a command as redis-cli reads it. */
export function quoted(word: string): string {
  return /^[\w.:{}@/*-]+$/.test(word) ? word : `'${word.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
