/** Small file systems of the test's own, where the system lets one be mounted. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { onTestFinished } from "vitest";

export type DiskKind = "tmpfs" | "ext4";

function mount(kind: DiskKind, bytes: number, directory: string): void {
  const quiet = { stdio: "ignore" } as const;
  if (kind === "tmpfs") {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory], quiet);
    return;
  }
  const image = `${directory}.image`;
  execFileSync("truncate", ["-s", String(bytes), image], quiet);
  execFileSync("mkfs.ext4", ["-q", "-F", "-O", "^has_journal", "-m", "0", image], quiet);
  execFileSync("mount", ["-o", "loop", image, directory], quiet);
}

function unmount(directory: string): void {
  spawnSync("umount", [directory]);
  rmSync(`${directory}.image`, { force: true });
  rmdirSync(directory);
}

/** True where such a file system can be mounted; says so where it cannot, as tests are then skipped. */
export function canMount(kind: DiskKind): boolean {
  const directory = mkdtempSync(`${tmpdir()}/detent-disk-`);
  try {
    mount(kind, 4 * 1024 * 1024, directory);
    return true;
  } catch {
    console.warn(
      `no ${kind} can be mounted here (that takes root and its tools): tests of a full disk are skipped`,
    );
    return false;
  } finally {
    unmount(directory);
  }
}

/** A directory with a disk of its own, unmounted when the test ends. */
export function smallDisk(kind: DiskKind, bytes: number): string {
  const directory = mkdtempSync(`${tmpdir()}/detent-disk-`);
  mount(kind, bytes, directory);
  onTestFinished(() => unmount(directory));
  return directory;
}
