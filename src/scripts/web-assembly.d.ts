/** What of WebAssembly is used; its types belong to those of browsers, which are not loaded. */
declare namespace WebAssembly {
  type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): ReadonlyArray<{ readonly module: string; readonly name: string }>;
  }
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  interface Table {
    get(index: number): (...args: number[]) => number | undefined;
    set(index: number, value: unknown): void;
    grow(count: number): number;
  }
}
