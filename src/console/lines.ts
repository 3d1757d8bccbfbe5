/** Where a JSON path of a text stands. */
import { JsonFault, JsonScanner } from "../base/json-scanner.ts";
import { at } from "../engine/problems.ts";

/** The line, from 1, of the value at a path such as `$.states.paid`, or of the innermost one around it that there is. */
export function lineOf(text: string, path: string): number {
  let found = 0;
  let length = 0;
  const note = (here: string, offset: number): void => {
    const isAround = path === here || (path.startsWith(here) && /[.[]/.test(path.charAt(here.length)));
    if (isAround && here.length > length) [found, length] = [offset, here.length];
  };
  try {
    const scanner = new JsonScanner(text);
    const walk = (here: string): void => {
      note(here, scanner.offset);
      const kind = scanner.peek();
      if (kind === "object") scanner.object((name) => walk(at(here, name)));
      else if (kind === "array") scanner.array((index) => walk(at(here, index)));
      else scanner.skip();
    };
    walk("$");
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
  }
  return text.slice(0, found).split("\n").length;
}
