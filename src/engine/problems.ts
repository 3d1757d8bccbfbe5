/** Collects what is wrong with a definition: where (JSON path), what, and what would be right. */
import { editDistance } from "../base/edit-distance.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Finding } from "./types.ts";

/** The findings of one compilation, in the order they were met; at most `max` are kept. */
export type Problems = {
  readonly findings: Finding[];
  error(path: string, message: string): void;
  warn(path: string, message: string): void;
  /** True when nothing more is kept: a reason to spend no time on advice. */
  isFull(): boolean;
};

/** An empty collection. */
export function createProblems(max = 100): Problems {
  const findings: Finding[] = [];
  const add = (severity: Finding["severity"], path: string, message: string): void => {
    if (findings.length < max) findings.push({ severity, path, message });
  };
  return {
    findings,
    error: (path, message) => add("error", path, message),
    warn: (path, message) => add("warning", path, message),
    isFull: () => findings.length >= max,
  };
}

/** `parent.key`, or `parent["key"]` where the key is no plain word. */
export function at(parent: string, key: string | number): string {
  if (typeof key === "number") return `${parent}[${key}]`;
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) ? `${parent}.${key}` : `${parent}[${JSON.stringify(key)}]`;
}

/** Reports every key that is not among `allowed`, with the nearest one that is. */
export function checkKeys(
  object: JsonObject,
  path: string,
  rule: {
    readonly allowed: readonly string[];
    readonly what: string;
    readonly problems: Problems;
    /** Keys of other dialects, and what takes their place. */
    readonly replaced?: Readonly<Record<string, string>>;
  },
): void {
  for (const key of Object.keys(object)) {
    if (rule.allowed.includes(key)) continue;
    const instead = Object.hasOwn(rule.replaced ?? {}, key) ? rule.replaced?.[key] : undefined;
    if (instead !== undefined) {
      rule.problems.error(at(path, key), `${rule.what} has no ${JSON.stringify(key)}: ${instead}`);
      continue;
    }
    const hint = nearest(key, rule.allowed);
    const advice = hint === undefined ? `known are ${rule.allowed.join(", ")}` : `did you mean ${hint}?`;
    rule.problems.error(at(path, key), `unknown key ${JSON.stringify(key)} in ${rule.what}; ${advice}`);
  }
}

/** The candidate that differs in the fewest letters, undefined when all are too far away. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.floor(name.length / 3) + 1;
  let looked = 0;
  for (const candidate of candidates) {
    // Why a bound: a mistyped target in a large chart is compared with every state.
    if (++looked > 500) break;
    if (candidate === name) continue;
    if (Math.abs(candidate.length - name.length) >= bestDistance || name.length > 200) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** What a JSON value is, for "… expected, this is a list". */
export function kindOf(value: Json | undefined): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (isJsonObject(value)) return "an object";
  return typeof value === "string" ? "a string" : `a ${typeof value}`;
}

/** A text; reports anything else. Undefined for a key that is not there. */
export function readText(
  object: JsonObject,
  key: string,
  path: string,
  problems: Problems,
): string | undefined {
  const value = object[key];
  if (value === undefined || typeof value === "string") return value;
  problems.error(at(path, key), `${key} must be a string, this is ${kindOf(value)}`);
  return undefined;
}

/** A text or a list of texts as a list; reports anything else. Empty for a key that is not there. */
export function readTexts(
  object: JsonObject,
  key: string,
  path: string,
  problems: Problems,
): readonly string[] {
  const value = object[key];
  if (value === undefined) return [];
  const list = Array.isArray(value) ? value : [value];
  const texts = list.filter((item) => typeof item === "string");
  if (texts.length !== list.length) {
    problems.error(at(path, key), `${key} must be a string or a list of strings`);
  }
  return texts;
}
