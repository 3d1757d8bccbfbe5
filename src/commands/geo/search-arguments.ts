/** The arguments of the commands that search: which shape, and what is wanted of what lies in it. */
import * as errors from "../../protocol/errors.ts";
import type { SortedSet } from "../../values/sorted-set.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Position } from "./geohash-cells.ts";
import { lengthArgument, memberPosition, positionArgument, unitArgument } from "./positions.ts";
import type { Shape } from "./shape.ts";

/** How a command says where the center is, and how far. */
export type SearchForm =
  /** GEOSEARCH and GEOSEARCHSTORE: by options. */
  | { readonly kind: "search"; readonly at: number; readonly isStored: boolean }
  /** GEORADIUS: longitude, latitude, radius, unit; GEORADIUSBYMEMBER: member, radius, unit. */
  | { readonly kind: "position" | "member"; readonly at: number; readonly mayStore: boolean };

export interface SearchQuery {
  /** Undefined where there is no sorted set, so that it does not matter. */
  readonly shape: Shape | undefined;
  readonly order: "ASC" | "DESC" | undefined;
  /** Infinite without COUNT. */
  readonly count: number;
  readonly isAny: boolean;
  readonly withDistance: boolean;
  readonly withHash: boolean;
  readonly withPosition: boolean;
  readonly storeKey: Buffer | undefined;
  /** Distances are stored, not geohashes. */
  readonly storesDistance: boolean;
}

type Extent =
  | Omit<Extract<Shape, { kind: "circle" }>, "center">
  | Omit<Extract<Shape, { kind: "box" }>, "center">;

/** Reads the arguments one by one. */
class Reading {
  readonly #args: readonly Buffer[];
  readonly #form: SearchForm;
  readonly #set: SortedSet | undefined;
  #at = 0;
  #from: "member" | "position" | undefined;
  #center: Position | undefined;
  #extent: Extent | undefined;
  #order: "ASC" | "DESC" | undefined;
  #count = 0;
  #storeKey: Buffer | undefined;
  #storesDistance = false;
  readonly #flags = new Set<string>();

  constructor(args: readonly Buffer[], form: SearchForm, set: SortedSet | undefined) {
    this.#args = args;
    this.#form = form;
    this.#set = set;
    this.#at = form.at;
    if (form.kind === "search" && form.isStored) this.#storeKey = argument(args, 1);
  }

  query(): SearchQuery {
    this.#readOperands();
    while (this.#at < this.#args.length) this.#readOption();
    this.#check();
    const flags = this.#flags;
    return {
      shape:
        this.#center === undefined || this.#extent === undefined
          ? undefined
          : { ...this.#extent, center: this.#center },
      order: this.#order,
      count: this.#count === 0 ? Number.POSITIVE_INFINITY : this.#count,
      isAny: flags.has("ANY"),
      withDistance: flags.has("WITHDIST"),
      withHash: flags.has("WITHHASH"),
      withPosition: flags.has("WITHCOORD"),
      storeKey: this.#storeKey,
      storesDistance: this.#storesDistance,
    };
  }

  #readOperands(): void {
    const { kind } = this.#form;
    if (kind === "position") {
      this.#center = positionArgument(this.#args, this.#at);
      this.#extent = this.#circle(this.#at + 2);
      this.#at += 4;
    } else if (kind === "member") {
      // Without a sorted set the rest is of no account.
      if (this.#set !== undefined) {
        this.#center = this.#positionOfMember(this.#at);
        this.#extent = this.#circle(this.#at + 1);
      }
      this.#at += 3;
    }
  }

  #readOption(): void {
    const word = token(this.#args[this.#at]);
    const left = this.#args.length - this.#at - 1;
    if (["WITHDIST", "WITHHASH", "WITHCOORD", "ANY"].includes(word)) this.#flags.add(word);
    else if (word === "ASC" || word === "DESC") this.#order = word;
    else if (word === "COUNT" && left >= 1) this.#count = this.#countArgument();
    else if (this.#form.kind === "search") this.#readSearchOption(word, left);
    else if (this.#form.mayStore && (word === "STORE" || word === "STOREDIST") && left >= 1) {
      this.#storeKey = argument(this.#args, this.#at + 1);
      this.#storesDistance = word === "STOREDIST";
      this.#at += 1;
    } else throw errors.syntaxError();
    this.#at += 1;
  }

  #readSearchOption(word: string, left: number): void {
    if (word === "FROMMEMBER" && left >= 1 && this.#from !== "position") {
      this.#from = "member";
      if (this.#set !== undefined) this.#center = this.#positionOfMember(this.#at + 1);
      this.#at += 1;
    } else if (word === "FROMLONLAT" && left >= 2 && this.#from !== "member") {
      this.#from = "position";
      this.#center = positionArgument(this.#args, this.#at + 1);
      this.#at += 2;
    } else if (word === "BYRADIUS" && left >= 2 && this.#extent?.kind !== "box") {
      this.#extent = this.#circle(this.#at + 1);
      this.#at += 2;
    } else if (word === "BYBOX" && left >= 3 && this.#extent?.kind !== "circle") {
      this.#extent = this.#box(this.#at + 1);
      this.#at += 3;
    } else if (word === "STOREDIST" && this.#storeKey !== undefined) this.#storesDistance = true;
    else throw errors.syntaxError();
  }

  #check(): void {
    const { kind } = this.#form;
    const isShown = ["WITHDIST", "WITHHASH", "WITHCOORD"].some((flag) => this.#flags.has(flag));
    if (this.#storeKey !== undefined && isShown)
      throw errors.storesAndShows(kind === "search" ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS");
    if (kind === "search" && this.#from === undefined)
      throw errors.exactlyOne("FROMMEMBER or FROMLONLAT can be", argument(this.#args, 0));
    if (kind === "search" && this.#extent === undefined)
      throw errors.exactlyOne("BYRADIUS and BYBOX can be", argument(this.#args, 0));
    if (this.#flags.has("ANY") && this.#count === 0) throw errors.anyWithoutCount();
  }

  #positionOfMember(at: number): Position {
    const position = memberPosition(this.#set, argument(this.#args, at));
    if (position === undefined) throw errors.noSuchPlace();
    return position;
  }

  #circle(at: number): Extent {
    const radius = lengthArgument(this.#args, at, "radius");
    if (radius < 0) throw errors.negativeRadius();
    return { kind: "circle", radius, metersPerUnit: unitArgument(this.#args, at + 1) };
  }

  #box(at: number): Extent {
    const width = lengthArgument(this.#args, at, "width");
    const height = lengthArgument(this.#args, at + 1, "height");
    if (width < 0 || height < 0) throw errors.negativeSides();
    return { kind: "box", width, height, metersPerUnit: unitArgument(this.#args, at + 2) };
  }

  #countArgument(): number {
    this.#at += 1;
    const count = integer(argument(this.#args, this.#at));
    if (count <= 0n) throw errors.geoCount();
    return Number(count);
  }
}

/** Reads the arguments of a search in a sorted set, which need not be there. @throws ReplyError */
export function searchQuery(
  args: readonly Buffer[],
  form: SearchForm,
  set: SortedSet | undefined,
): SearchQuery {
  return new Reading(args, form, set).query();
}
