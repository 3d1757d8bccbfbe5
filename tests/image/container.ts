/**
 * The image built for real and run, by Debian's buildah. It needs no daemon: it runs commands in a chroot. The base
 * images are made here under the names that the Dockerfile asks for, Debian by debootstrap and Node from this host,
 * so that nothing is asked of a registry of images.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const DEBIAN = "docker.io/library/debian:bookworm-slim";
const NODE = "docker.io/library/node:20-bookworm-slim";
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** Why the image cannot be built here; undefined when it can. */
export const imageToolsMissing: string | undefined = missing();

function missing(): string | undefined {
  if (process.env["DETENT_IMAGE_TEST"] !== "1") return "the image is built by make image-test";
  if (process.getuid?.() !== 0) return "needs root";
  const absent = ["buildah", "debootstrap", "npm"].filter((name) => whereIs(name) === undefined);
  return absent.length === 0 ? undefined : `${absent.join(" and ")} not installed`;
}

function whereIs(name: string): string | undefined {
  const { stdout, status } = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** What `buildah inspect` tells of an image. */
export interface ImageConfig {
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly ExposedPorts: Readonly<Record<string, unknown>>;
  readonly Volumes: Readonly<Record<string, unknown>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** Images and containers in a directory of their own. */
export class Images {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Builds the image of this checkout and returns its name. Minutes. @throws Error with the output when it fails */
  build(): string {
    this.#makeDebian();
    this.#makeNode();
    const options = ["--isolation", "chroot", "--network", "host", "--format", "docker", "--layers=false"];
    this.#buildah("bud", ...options, "--pull-never", "--tag", "detent", ROOT);
    return "detent";
  }

  config(image: string): ImageConfig {
    const { Docker } = JSON.parse(this.#buildah("inspect", "--type", "image", image)) as {
      readonly Docker: { readonly config: ImageConfig };
    };
    return Docker.config;
  }

  /** A container of the image, not started; its name. */
  create(image: string): string {
    return this.#buildah("from", "--pull-never", image).trim();
  }

  /** Starts a command in a container, on the network of this host. */
  start(container: string, command: readonly string[]): ChildProcess {
    const args = this.#args("run", "--isolation", "chroot", container, "--", ...command);
    return spawn("buildah", args, { stdio: "pipe" });
  }

  /** Runs a command in a container; its output. @throws Error with the output when it fails */
  run(container: string, ...command: readonly string[]): string {
    return this.#buildah("run", "--isolation", "chroot", container, "--", ...command);
  }

  remove(): void {
    spawnSync("buildah", this.#args("rm", "--all"));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #makeDebian(): void {
    const files = join(this.#directory, "debian");
    execute("debootstrap", ["--variant=minbase", "bookworm", files]);
    this.#commit("scratch", DEBIAN, (container) => this.#buildah("copy", "--quiet", container, files, "/"));
    rmSync(files, { recursive: true });
  }

  /** As the official image has them: node and npm below /usr/local. */
  #makeNode(): void {
    const npm = resolve(realpathSync(whereIs("npm") ?? ""), "../..");
    const settings = join(this.#directory, "npmrc");
    mkdirSync(this.#directory, { recursive: true });
    this.#commit(DEBIAN, NODE, (container) => {
      this.#buildah("copy", "--quiet", container, realpathSync(process.execPath), "/usr/local/bin/node");
      this.#buildah("copy", "--quiet", container, npm, "/usr/local/lib/node_modules/npm");
      for (const name of ["npm", "npx"]) {
        const target = `../lib/node_modules/npm/bin/${name}-cli.js`;
        this.run(container, "ln", "-s", target, `/usr/local/bin/${name}`);
      }
      // Whom this host trusts, the build trusts: there may be a proxy between it and the packages.
      if (!existsSync(CERTIFICATES)) return;
      const registry = execute("npm", ["config", "get", "registry"]).trim();
      writeFileSync(settings, `registry=${registry}\ncafile=${CERTIFICATES}\n`);
      this.#buildah("copy", "--quiet", container, CERTIFICATES, "/etc/ssl/certs/");
      this.#buildah("copy", "--quiet", container, settings, "/usr/local/etc/npmrc");
    });
  }

  #commit(from: string, name: string, fill: (container: string) => void): void {
    const container = this.create(from);
    fill(container);
    this.#buildah("commit", "--quiet", "--format", "docker", "--rm", container, name);
  }

  #buildah(...args: readonly string[]): string {
    return execute("buildah", this.#args(...args));
  }

  #args(...args: readonly string[]): string[] {
    const [root, run] = [join(this.#directory, "storage"), join(this.#directory, "run")];
    return ["--root", root, "--runroot", run, "--storage-driver", "vfs", ...args];
  }
}

function execute(program: string, args: readonly string[]): string {
  const { stdout, stderr, status, error } = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status === 0) return stdout;
  const output = `${stdout}${stderr}${error?.message ?? ""}`.split("\n").slice(-60).join("\n");
  throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${output}`);
}
