import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileFault } from "../../src/base/file-fault.ts";
import { nodeConfigFiles } from "../../src/config/config-files.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "detent-config-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("nodeConfigFiles", () => {
  test("replace() leaves the new text, the old permissions and nothing else", () => {
    const path = join(folder, "a.conf");
    writeFileSync(path, "old");
    chmodSync(path, 0o600);
    nodeConfigFiles.replace(path, Buffer.from("new"));
    expect(nodeConfigFiles.read(path).toString()).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    nodeConfigFiles.replace(join(folder, "b.conf"), Buffer.from("b"));
    expect(readdirSync(folder)).toEqual(["a.conf", "b.conf"]);
  });

  test("replace() leaves no temporary file when it fails", () => {
    const path = join(folder, "a.conf");
    mkdirSync(path);
    expect(() => nodeConfigFiles.replace(path, Buffer.from("new"))).toThrow("EISDIR");
    expect(readdirSync(folder)).toEqual(["a.conf"]);
  });

  test("expand() lists in order the files that match a pattern", () => {
    for (const name of ["b", "a", "c"]) mkdirSync(join(folder, name));
    for (const path of ["b/2.conf", "b/1.conf", "a/3.conf", "a/.hidden.conf", "a/x.txt"]) {
      writeFileSync(join(folder, path), "");
    }
    const expand = (pattern: string) =>
      nodeConfigFiles.expand(join(folder, pattern)).map((path) => path.slice(folder.length + 1));
    expect(expand("*/*.conf")).toEqual(["a/3.conf", "b/1.conf", "b/2.conf"]);
    expect(expand("b/[2-9].c?nf")).toEqual(["b/2.conf"]);
    expect(expand("a/.*")).toEqual(["a/.hidden.conf"]);
    expect(expand("*/1.conf")).toEqual(["b/1.conf"]);
    expect(expand("none/*")).toEqual([]);
  });

  test("fileFault() translates error codes of the system into words", () => {
    const fault = (path: string) => {
      try {
        return readFileSync(path, "utf8");
      } catch (error) {
        return fileFault(error);
      }
    };
    expect([fault(join(folder, "none")), fault(folder)]).toEqual([
      "No such file or directory",
      "Is a directory",
    ]);
    expect(fileFault(Object.assign(new Error("x"), { code: "EOTHER" }))).toBe("EOTHER");
    expect(fileFault("odd")).toBe("odd");
  });
});
