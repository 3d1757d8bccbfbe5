/** Opens a file in Try: a machine with its history, or a text in some language. */
import { useRef } from "preact/hooks";
import { type Begun, ofFile } from "./begun.ts";
import { isExport, type MachineFile, readMachineFile } from "./machine-file.ts";

/** A file: a machine with its history, or a text that is to become a definition. */
export interface Opened {
  readonly name: string;
  readonly text: string;
  readonly machine?: MachineFile;
  readonly rev: number;
}

/** @throws Error where it is an export that has no machine to open */
export function openedFrom(text: string, name: string): Opened {
  if (!isExport(text)) return { name, text, rev: 0 };
  const machine = readMachineFile(text);
  return { name: `${machine.key} in ${name}`, text, machine, rev: machine.info.rev };
}

export function begunWith({ text, machine, rev }: Opened): Begun {
  return machine === undefined ? { text, id: "", nowMs: Date.now() } : ofFile(machine, rev);
}

export function OpenFile({ onFile }: { readonly onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => input.current?.click()}>
        Open a file
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="File to open"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          if (file !== undefined) onFile(file);
        }}
      />
    </>
  );
}

export function RevisionChoice({
  file,
  rev,
  onRev,
}: {
  readonly file: MachineFile;
  readonly rev: number;
  readonly onRev: (rev: number) => void;
}) {
  const revs = [...new Set([...file.history.map((entry) => entry.rev), file.info.rev])];
  const at = revs.findLastIndex((one) => one <= rev);
  return (
    <div class="slider">
      <input
        type="range"
        min={0}
        max={revs.length - 1}
        value={Math.max(0, at)}
        aria-label="Revision"
        aria-valuetext={`rev ${rev}`}
        onInput={(event) => onRev(revs[Number(event.currentTarget.value)] ?? file.info.rev)}
      />
      <output>
        rev {rev} of {file.info.rev}
        {rev < file.info.rev && " · timers of that time are not in the file"}
      </output>
    </div>
  );
}
