/**
 * A read of what is not in memory. A store whose data is in another process throws it from `get` and `range`. Whoever runs a
 * turn's work takes back what the work has done, awaits `load` and runs it again; each run gets further than the one before.
 */
export class NotLoaded extends Error {
  override readonly name = "NotLoaded";
  /** Resolves when the read would succeed; rejects when the store cannot be read. */
  readonly load: () => Promise<void>;

  constructor(load: () => Promise<void>) {
    super("it has to be loaded first");
    this.load = load;
  }
}
