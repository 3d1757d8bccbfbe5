/** What is in deploy/ and in the Dockerfile: it parses, names what there is, and keeps to what it promises. */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { configOf } from "../../src/config/load.ts";
import { temporaryDirectory } from "../support/stores.ts";

const ROOT = join(import.meta.dirname, "../..");
const text = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** As far as these tests look into it. */
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: what a manifest has is what is tested.
  readonly spec: any;
}

function assertDirectives(variables: readonly string[]): void {
  const known = configOf()
    .match(["*"])
    .map(([name]) => name);
  for (const variable of variables)
    expect(known).toContain(variable.replace("DETENT_", "").toLowerCase().replaceAll("_", "-"));
}

describe("the Dockerfile", () => {
  const dockerfile = text("Dockerfile");

  test("ends as a user other than root, by number, so that runAsNonRoot can check it", () => {
    const user = [...dockerfile.matchAll(/^USER (.*)$/gm)].at(-1)?.[1];
    expect(user).toBe("999:999");
    expect(dockerfile).toMatch(/groupadd --system --gid 999 .*\n.*useradd --system --uid 999/);
  });

  test("makes the directories of volumes for that user, and has a health check", () => {
    expect(dockerfile).toContain("mkdir /data /archive /backups");
    expect(dockerfile).toContain("chown detent:detent /data /archive /backups");
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  });
});

test("deploy/compose.yaml publishes to this host alone, and writes to volumes alone", () => {
  const compose = parse(text("deploy/compose.yaml"));
  const { detent } = compose.services;
  for (const port of detent.ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  expect(detent).toMatchObject({
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
  });
  expect(detent.environment.DETENT_REQUIREPASS).toContain(":?");
  assertDirectives(Object.keys(detent.environment));
  const mounts = detent.volumes.map((mount: string) => mount.split(":"));
  for (const [volume, path] of mounts) {
    expect(Object.keys(compose.volumes)).toContain(volume);
    expect(["/data", "/archive", "/backups"]).toContain(path);
  }
});

describe("deploy/kubernetes/detent.yaml", () => {
  const documents = parseAllDocuments(text("deploy/kubernetes/detent.yaml"));
  const manifests = documents.map((document) => document.toJS() as Manifest);
  const of = (kind: string) => manifests.find((one) => one.kind === kind)?.spec;

  test("has a service, a stateful set and a disruption budget of the present APIs", () => {
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    expect(manifests.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      "v1 Service",
      "apps/v1 StatefulSet",
      "policy/v1 PodDisruptionBudget",
    ]);
  });

  test("selectors find the pod, and ports have the names that are used", () => {
    const { template, selector, serviceName } = of("StatefulSet");
    const { labels } = template.metadata;
    for (const labelsSelected of [
      selector.matchLabels,
      of("Service").selector,
      of("PodDisruptionBudget").selector.matchLabels,
    ])
      expect(labels).toMatchObject(labelsSelected);
    expect(manifests.find(({ kind }) => kind === "Service")?.metadata.name).toBe(serviceName);
    const [container] = template.spec.containers;
    const ports = container.ports.map(({ name }: { name: string }) => name);
    for (const { targetPort } of of("Service").ports) expect(ports).toContain(targetPort);
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe])
      expect(ports).toContain(probe.httpGet.port);
    assertDirectives(container.env.map(({ name }: { name: string }) => name));
  });

  test("keeps to the restricted standard, and every mount has its volume", () => {
    const { template, volumeClaimTemplates } = of("StatefulSet");
    const { securityContext, containers, initContainers, volumes } = template.spec;
    expect(securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 999,
      fsGroup: 999,
      seccompProfile: { type: "RuntimeDefault" },
    });
    const named = [...volumes, ...volumeClaimTemplates.map(({ metadata }: Manifest) => metadata)];
    const names = named.map(({ name }: { name: string }) => name);
    for (const container of [...containers, ...initContainers]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      for (const { name } of container.volumeMounts) expect(names).toContain(name);
    }
    expect(of("StatefulSet").replicas).toBe(1);
  });
});

describe("deploy/cluster/compose.yaml", () => {
  const compose = parse(text("deploy/cluster/compose.yaml"), { merge: true });
  const servers = ["detent-1", "detent-2", "detent-3"].map((name) => [name, compose.services[name]] as const);

  test("has servers that announce the names of their services, over one database, once its tables are there", () => {
    for (const [name, server] of servers) {
      expect(server.environment.DETENT_CLUSTER_ANNOUNCE_IP).toBe(name);
      expect(server.environment.DETENT_STORE).toMatch(/^postgres:\/\/.*@postgres:5432\/detent$/);
      expect(server.environment.DETENT_REQUIREPASS).toContain(":?");
      assertDirectives(Object.keys(server.environment));
      expect(server.depends_on).toEqual({ tables: { condition: "service_completed_successfully" } });
    }
    const { tables, postgres } = compose.services;
    expect(tables.command.join(" ")).toMatch(/detent cluster init "\$\$DETENT_STORE" --partitions 12$/);
    expect(tables.depends_on).toEqual({ postgres: { condition: "service_healthy" } });
    expect(postgres.environment).toMatchObject({ POSTGRES_USER: "detent", POSTGRES_DB: "detent" });
  });

  test("publishes nothing, and servers write nowhere but in memory", () => {
    for (const service of Object.values<{ ports?: unknown }>(compose.services))
      expect(service.ports).toBeUndefined();
    for (const [, server] of servers) {
      expect(server).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
      });
      expect(server.volumes).toBeUndefined();
    }
    expect(Object.keys(compose.volumes)).toEqual(["postgres"]);
  });
});

describe("deploy/kubernetes/detent-cluster.yaml", () => {
  const documents = parseAllDocuments(text("deploy/kubernetes/detent-cluster.yaml"));
  const manifests = documents.map((document) => document.toJS() as Manifest);
  const of = (kind: string) => manifests.find((one) => one.kind === kind)?.spec;

  test("has a headless service of the name that pods announce, and three servers that may go one at a time", () => {
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    const { template, selector, serviceName, replicas } = of("StatefulSet");
    expect(of("Service").clusterIP).toBe("None");
    expect(manifests.find(({ kind }) => kind === "Service")?.metadata.name).toBe(serviceName);
    expect(replicas).toBe(3);
    expect(of("PodDisruptionBudget").maxUnavailable).toBe(1);
    for (const selected of [
      selector.matchLabels,
      of("Service").selector,
      of("PodDisruptionBudget").selector.matchLabels,
      template.spec.topologySpreadConstraints[0].labelSelector.matchLabels,
    ])
      expect(template.metadata.labels).toMatchObject(selected);
    const [container] = template.spec.containers;
    const announced = container.env.find(
      ({ name }: { name: string }) => name === "DETENT_CLUSTER_ANNOUNCE_IP",
    );
    expect(announced.value).toBe(`$(POD_NAME).${serviceName}`);
    const names: string[] = container.env.map(({ name }: { name: string }) => name);
    assertDirectives(names.filter((name) => name !== "POD_NAME"));
    // What a value refers to is defined before it.
    expect(names.indexOf("POD_NAME")).toBeLessThan(names.indexOf("DETENT_CLUSTER_ANNOUNCE_IP"));
    const ports = container.ports.map(({ name }: { name: string }) => name);
    for (const { targetPort } of of("Service").ports) expect(ports).toContain(targetPort);
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe])
      expect(ports).toContain(probe.httpGet.port);
  });

  test("keeps to the restricted standard, and every mount has its volume", () => {
    const { securityContext, containers, initContainers, volumes, enableServiceLinks } =
      of("StatefulSet").template.spec;
    expect(enableServiceLinks).toBe(false);
    expect(securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 999,
      seccompProfile: { type: "RuntimeDefault" },
    });
    const names = volumes.map(({ name }: { name: string }) => name);
    for (const container of [...containers, ...initContainers]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      for (const { name } of container.volumeMounts) expect(names).toContain(name);
    }
    expect(initContainers[0].command.join(" ")).toMatch(
      /detent cluster init "\$DETENT_STORE" --partitions 12$/,
    );
  });
});

describe("deploy/systemd", () => {
  const units = ["detent.service", "detent-backup.service", "detent-backup.timer"];
  const hasAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0;
  if (!hasAnalyze) console.log("systemd-analyze is not installed: units are not verified");

  test.skipIf(!hasAnalyze)("units are what systemd-analyze verify takes", () => {
    const directory = temporaryDirectory();
    for (const unit of units) cpSync(join(ROOT, "deploy/systemd", unit), join(directory, unit));
    // The program is not installed here, and whether it is is looked at too.
    const path = join(directory, "detent.service");
    writeFileSync(path, readFileSync(path, "utf8").replace("/usr/bin/detent", process.execPath));
    const { status, stderr } = spawnSync(
      "systemd-analyze",
      ["verify", ...units.map((unit) => join(directory, unit))],
      { encoding: "utf8" },
    );
    expect({ status, ours: stderr.split("\n").filter((line) => line.includes(directory)) }).toEqual({
      status: 0,
      ours: [],
    });
  });

  test("the server can write its state alone, and gains no rights", () => {
    const unit = text("deploy/systemd/detent.service");
    for (const line of [
      "User=detent",
      "ProtectSystem=strict",
      "NoNewPrivileges=yes",
      "CapabilityBoundingSet=",
      "StateDirectory=detent",
      "UMask=0077",
    ])
      expect(unit.split("\n")).toContain(line);
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute=yes/m);
  });
});

test("the README publishes ports of containers to this host alone", () => {
  const published = [...text("README.md").matchAll(/docker run\b.*? -p (\S+)/g)].map(([, port]) => port);
  expect(published.length).toBeGreaterThan(0);
  for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
});
