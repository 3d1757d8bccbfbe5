/** Certificates of tests, made by openssl: an authority, and what it and others sign. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Paths of PEM files. */
export interface Authority extends Pair {
  /** Issues a certificate; `days` below 0 is one that has expired. */
  issue(name: string, options?: { readonly commonName?: string; readonly days?: number }): Pair;
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function openssl(args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}

/** An authority whose files, and those of all it issues, lie in a directory and begin with a name. */
export function authority(directory: string, name: string): Authority {
  const file = (ending: string) => join(directory, `${name}-${ending}`);
  const own = { cert: file("ca.crt"), key: file("ca.key") };
  openssl([
    "req",
    "-x509",
    ...EC,
    "-keyout",
    own.key,
    "-out",
    own.cert,
    "-days",
    "30",
    "-subj",
    `/CN=${name} authority`,
  ]);
  const issue: Authority["issue"] = (leaf, { commonName = leaf, days = 30 } = {}) => {
    const pair = { cert: file(`${leaf}.crt`), key: file(`${leaf}.key`) };
    const [request, extensions] = [file(`${leaf}.csr`), file(`${leaf}.ext`)];
    openssl(["req", ...EC, "-keyout", pair.key, "-out", request, "-subj", `/CN=${commonName}`]);
    writeFileSync(extensions, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    openssl([
      "x509",
      "-req",
      "-in",
      request,
      "-CA",
      own.cert,
      "-CAkey",
      own.key,
      "-CAcreateserial",
      "-days",
      String(days),
      "-extfile",
      extensions,
      "-out",
      pair.cert,
    ]);
    return pair;
  };
  return { ...own, issue };
}
