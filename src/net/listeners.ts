/**
 * The places the server listens on, and how they change while it runs: what is wanted and missing is bound, what is not
 * wanted any more is closed, and when a place cannot be had everything is as it was. Connections that are open go on.
 */
import { type Listener, type ListenSettings, listen, type Place } from "./listener.ts";

export class Listeners {
  readonly #settings: ListenSettings;
  #listeners: readonly Listener[] = [];
  /** One change at a time. */
  #latest: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(settings: ListenSettings) {
    this.#settings = settings;
  }

  /** Those that are bound, in the order of the places that were asked for. */
  get all(): readonly Listener[] {
    return this.#listeners;
  }

  /** Listens on these places and on no other ones. @throws ListenError: nothing has changed then */
  change(places: readonly Place[]): Promise<void> {
    const done = this.#latest.then(() => this.#change(places));
    this.#latest = done.catch(() => undefined);
    return done;
  }

  /** Takes no further connections. */
  close(): void {
    this.#isClosed = true;
    for (const listener of this.#listeners) void listener.close();
  }

  async #change(places: readonly Place[]): Promise<void> {
    if (this.#isClosed) return;
    const wanted = new Set(places.map(nameOf));
    const [kept, unwanted] = divided(this.#listeners, ({ place }) => wanted.has(nameOf(place)));
    // The address of one that goes may block one that comes: `*` and 127.0.0.1 of the same port.
    const [inTheWay, others] = divided(unwanted, (listener) =>
      places.some((place) => mayClash(listener, place)),
    );
    for (const listener of inTheWay) await listener.close();
    const opened: Listener[] = [];
    try {
      await this.#open(places, kept, opened);
    } catch (error) {
      for (const listener of opened) await listener.close();
      const reopened: Listener[] = [];
      await this.#open(inTheWay.map(asBound), [], reopened);
      this.#listeners = [...kept, ...others, ...reopened];
      throw error;
    }
    for (const listener of others) await listener.close();
    this.#listeners = [...kept, ...opened].sort(
      (a, b) => orderOf(a.place, places) - orderOf(b.place, places),
    );
    if (this.#isClosed) this.close();
  }

  /** Opens the places that `kept` does not have. All addresses of a port the system chooses get the same one. */
  async #open(places: readonly Place[], kept: readonly Listener[], opened: Listener[]): Promise<void> {
    const has = new Set(kept.map(({ place }) => nameOf(place)));
    const chosen = new Map<Place["kind"], number>();
    for (const place of places) {
      if (has.has(nameOf(place))) continue;
      const port = place.kind === "unix" || place.port !== 0 ? undefined : chosen.get(place.kind);
      const exact = port === undefined || place.kind === "unix" ? place : { ...place, port };
      const listener = await listen(exact, this.#settings);
      if (listener === undefined) continue;
      chosen.set(place.kind, listener.port);
      opened.push({ ...listener, place });
    }
  }
}

/** Where a listener was bound, with the port that the system has chosen. */
function asBound({ place, port }: Listener): Place {
  return place.kind === "unix" ? place : { ...place, port };
}

/** Two places of the same name are the same. */
function nameOf(place: Place): string {
  if (place.kind === "unix") return `unix ${place.permissions} ${place.path}`;
  // Whether it may be missing is no other address.
  return `${place.kind} ${place.host.replace(/^-/, "")} ${place.port}`;
}

function mayClash(listener: Listener, place: Place): boolean {
  if (place.kind === "unix" || listener.place.kind === "unix") {
    return place.kind === "unix" && listener.place.kind === "unix" && place.path === listener.place.path;
  }
  return place.port === listener.port;
}

function orderOf(place: Place, places: readonly Place[]): number {
  return places.findIndex((one) => nameOf(one) === nameOf(place));
}

function divided<T>(list: readonly T[], isFirst: (item: T) => boolean): [first: T[], second: T[]] {
  return [list.filter(isFirst), list.filter((item) => !isFirst(item))];
}
