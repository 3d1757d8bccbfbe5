/** The arguments of requests. */

export type Words = Array<string | number>;

/** An option and its value; nothing where it is not given. */
export function option(name: string, value: string | number | undefined): Words {
  return value === undefined ? [] : [name, value];
}

/** A word that is there or not. */
export function switchWord(name: string, isOn: boolean | undefined): Words {
  return isOn === true ? [name] : [];
}

/** The data of an event as JSON; nothing where there is none. */
export function dataWords(data: unknown): string[] {
  return data === undefined ? [] : [JSON.stringify(data)];
}

/** A value as JSON; undefined where there is none. */
export function jsonText(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** One or several states, each behind its STATE. */
export function stateWords(state: string | readonly string[] = []): Words {
  return (typeof state === "string" ? [state] : state).flatMap((name) => ["STATE", name]);
}

export interface Authored {
  readonly by?: string;
  readonly reason?: string;
}

/** For the history: the reason for a change and who asks for it. */
export function authorWords({ by, reason }: Authored): Words {
  return [...option("REASON", reason), ...option("BY", by)];
}
