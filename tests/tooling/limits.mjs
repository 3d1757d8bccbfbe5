/**
 * Files of src/ have at most 300 lines and functions at most 60. What is longer is listed in limits.json with what it may
 * have, and only gets shorter: `node tests/tooling/limits.mjs --update` takes over what has, in steps of 25 lines, and never makes a limit higher.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 60;

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const LISTED = join(ROOT, "tests/tooling/limits.json");

function sourceFiles() {
  const files = readdirSync(join(ROOT, "src"), { recursive: true }).filter((name) => /\.tsx?$/.test(name));
  return files.map((name) => `src/${name}`).sort();
}

/** Lengths above the limits: of files by path, of functions by `path name`. */
function measured() {
  const found = {};
  for (const path of sourceFiles()) {
    const text = readFileSync(join(ROOT, path), "utf8");
    const lines = text.split("\n").length - 1;
    if (lines > FILE_LINES_MAX) found[path] = lines;
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    for (const [name, length] of functionsOf(source)) {
      const key = `${path} ${name}`;
      if (length > FUNCTION_LINES_MAX) found[key] = Math.max(length, found[key] ?? 0);
    }
  }
  return found;
}

/** Some lines more, so that a small change needs no new figure. */
function rounded(length) {
  return Math.ceil(length / 25) * 25;
}

/** All functions of a file with the lines of their bodies; one without a name has that of the function around it. */
function functionsOf(source) {
  const found = [];
  const visit = (node, around) => {
    let name = around;
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      name = nameOf(node, source) ?? around;
      const [start, end] = [node.body.getStart(source), node.body.getEnd()].map(
        (at) => source.getLineAndCharacterOfPosition(at).line,
      );
      found.push([name, end - start + 1]);
    }
    ts.forEachChild(node, (child) => visit(child, name));
  };
  visit(source, "(file)");
  return found;
}

function nameOf(node, source) {
  if (node.name !== undefined) return node.name.getText(source);
  const { parent } = node;
  const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent);
  return isNamed ? parent.name.getText(source) : undefined;
}

const listed = JSON.parse(readFileSync(LISTED, "utf8"));
const now = measured();
const limitOf = (key) => listed[key] ?? (key.includes(" ") ? FUNCTION_LINES_MAX : FILE_LINES_MAX);
const tooLong = Object.entries(now).filter(([key, length]) => length > limitOf(key));
if (process.argv.includes("--update")) {
  const kept = Object.entries(now).map(([key, length]) => [
    key,
    Math.min(rounded(length), listed[key] ?? Infinity),
  ]);
  writeFileSync(LISTED, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
}
for (const [key, length] of tooLong)
  console.error(`${key} has ${length} lines; at most ${limitOf(key)} (tests/tooling/limits.json)`);
process.exitCode = tooLong.length === 0 ? 0 : 1;
