/**
 * The parsers of foreign languages. They are loaded when the first text of their language comes: together they take a
 * tenth of a second, which a server that imports nothing need not wait for at its start.
 */
import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/** JavaScript. */
export function acorn(): typeof import("acorn") {
  return load("acorn") as typeof import("acorn");
}

/** JSONata. */
export function jsonata(): typeof import("jsonata") {
  return load("jsonata") as typeof import("jsonata");
}

/** XML. */
export function saxes(): typeof import("saxes") {
  return load("saxes") as typeof import("saxes");
}

/** YAML. */
export function yaml(): typeof import("yaml") {
  return load("yaml") as typeof import("yaml");
}
