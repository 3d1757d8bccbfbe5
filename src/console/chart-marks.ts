/** What is marked on a drawing. */

export interface Marks {
  /** Active states, outer ones among them. */
  readonly active?: ReadonlySet<string>;
  /** States that were active before. */
  readonly visited?: ReadonlySet<string>;
  /** Lines that were taken, by their ids. */
  readonly taken?: ReadonlySet<string>;
  readonly counts?: ReadonlyMap<string, number>;
  /** From 1 to 5, by state; without it heat is that of the counts. */
  readonly heat?: ReadonlyMap<string, number>;
  /** A short text in the box of a state. */
  readonly notes?: ReadonlyMap<string, string>;
  /** How often lines were taken, by their ids. */
  readonly rates?: ReadonlyMap<string, Rate>;
  /** States that another version has not, or has otherwise. */
  readonly differs?: ReadonlyMap<string, Difference>;
  /** The same of lines, by their ids. */
  readonly lines?: ReadonlyMap<string, Difference>;
  readonly selected?: string;
  /** What of the drawing is looked at, from the selected state. */
  readonly focus?: string;
  readonly onFocus?: (focus: string) => void;
  /** Takes away or brings back what is inside a state. */
  readonly onCollapse?: (path: string) => void;
  /** The same of all outermost states at once. */
  readonly onCollapseAll?: (paths: readonly string[]) => void;
  readonly onSelect?: (path: string) => void;
}

export interface Rate {
  readonly text: string;
  /** From 0 to 5. */
  readonly level: number;
}

export type Difference = "added" | "removed" | "changed";

/** How a difference is shown beside its colour. */
export const SIGNS: Readonly<Record<Difference, string>> = { added: "+", removed: "−", changed: "~" };
