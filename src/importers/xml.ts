/**
 * XML as a tree. A library parses; there is no document type and no entity but the five of XML itself, so that a text
 * never becomes more than it is. Elements and levels are bounded.
 */
import type { Problems } from "../engine/problems.ts";
import { saxes } from "./parsers.ts";

export type Element = {
  /** Without a prefix. */
  readonly name: string;
  readonly uri: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  /** The text right inside it. */
  readonly text: string;
  /** For messages: the way from the top, and the line. */
  readonly path: string;
};

type Open = {
  readonly element: Omit<Element, "text"> & { text: string; readonly children: Element[] };
  readonly steps: string;
  readonly counts: Map<string, number>;
};

const ELEMENTS_MAX = 100_000;
const DEPTH_MAX = 100;

class Refusal extends Error {}

/** The outermost element; undefined, with a problem, for a text that is no XML. */
export function parseXml(text: string, problems: Problems): Element | undefined {
  const { SaxesParser } = saxes();
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [];
  let root: Element | undefined;
  let count = 0;
  parser.on("error", (error) => {
    throw new Refusal(`this is not XML: ${error.message}`);
  });
  parser.on("doctype", () => {
    throw new Refusal(
      "a document type is not read, and the entities it defines are not known: write the text out",
    );
  });
  parser.on("opentag", ({ local, uri, attributes }) => {
    count += 1;
    if (count > ELEMENTS_MAX) throw new Refusal(`a document may have ${ELEMENTS_MAX} elements`);
    if (open.length >= DEPTH_MAX) throw new Refusal(`elements may be nested ${DEPTH_MAX} deep`);
    const outer = open.at(-1);
    const values = new Map(
      Object.values(attributes).map((one) => [one.local === "" ? one.name : one.local, one.value]),
    );
    const id = values.get("id");
    const nth = (outer?.counts.get(local) ?? 0) + 1;
    outer?.counts.set(local, nth);
    const step = id === undefined ? `${local}${outer === undefined ? "" : `[${nth}]`}` : `${local}[${id}]`;
    const steps = `${outer?.steps ?? ""}/${step}`;
    const element = {
      name: local,
      uri,
      attributes: values,
      children: [],
      text: "",
      path: `${steps} (line ${parser.line})`,
    };
    outer?.element.children.push(element);
    open.push({ element, steps, counts: new Map() });
    root ??= element;
  });
  parser.on("closetag", () => open.pop());
  const add = (piece: string): void => {
    const inner = open.at(-1);
    if (inner !== undefined) inner.element.text += piece;
  };
  parser.on("text", add);
  parser.on("cdata", add);
  try {
    parser.write(text).close();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problems.error(`line ${parser.line}`, error.message);
    return undefined;
  }
  return root;
}

/** Names separated by white space. */
export function words(text: string | undefined): readonly string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "");
}
