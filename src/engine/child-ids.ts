/** Ids of children: they become part of keys, and of names of events. */

/** Characters of an id. */
const CHARS_MAX = 100;

/** Why a text is no id of a child; undefined when it may be one. */
export function childIdFault(id: string): string | undefined {
  if (id === "") return "it has one character at least";
  if (id.length > CHARS_MAX) return `it has ${CHARS_MAX} characters at most`;
  if (/[[\]]/.test(id)) return "brackets say which one of a list it is";
  if (/\p{Cc}/u.test(id)) return "it has a control character";
  if (/\p{Surrogate}/u.test(id)) return "it holds half a character";
  return id === "parent" ? "#_parent is the machine that a child belongs to" : undefined;
}
