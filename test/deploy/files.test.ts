/**
 * The files that deploy and check this project, read by real parsers: what they name exists here, images are pinned, and the numbers that
 * must agree between them do. No container engine is needed.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { limits } from "../../src/domain/limits.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const readYaml = <T>(path: string) => parse(read(path), { merge: true }) as T;

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly stop_grace_period?: string;
  readonly networks?: {
    readonly default: { readonly ipv4_address: string };
  };
}
const compose = readYaml<{
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}>("docker-compose.yml");
const { services } = compose;
const NODES = ["node-1", "node-2", "node-3"];
const environment = services["node-1"]!.environment!;
const settings = [
  ...read("src/app/config.ts").matchAll(/"([A-Z][A-Z_]+)"/g),
].map((it) => it[1]);

describe("docker-compose.yml", () => {
  test("has three equal nodes, what they need, a balancer and the monitoring", () => {
    expect(Object.keys(services)).toEqual([
      ...NODES,
      "balancer",
      "postgres",
      "redis",
      "prometheus-token",
      "prometheus",
      "grafana",
    ]);
    for (const node of NODES)
      expect(services[node]).toEqual(services["node-1"]);
  });

  test("pins every image, and depends only on services it has", () => {
    for (const [name, { image, build, depends_on = [] }] of Object.entries(
      services,
    )) {
      if (build === undefined)
        expect(image, name).toMatch(/^[a-z/]+:v?\d+(\.\d+)*$/);
      const needed = Array.isArray(depends_on)
        ? depends_on
        : Object.keys(depends_on);
      for (const it of needed) expect(services).toHaveProperty(it);
    }
  });

  test("sets only what the server reads, and no secret of its own", () => {
    for (const name of Object.keys(environment))
      expect(settings).toContain(name);
    expect(environment["JWT_SECRET"]).toMatch(/^\$\{JWT_SECRET:\?/);
    expect(environment["DATABASE_URL"]).toContain("${POSTGRES_PASSWORD:?");
    expect(environment["REDIS_URL"]).toContain("${REDIS_PASSWORD:?");
  });

  test("mounts files and volumes that exist", () => {
    for (const { volumes = [] } of Object.values(services))
      for (const mount of volumes) {
        const [source = ""] = mount.split(":");
        if (source.startsWith("./"))
          expect(existsSync(join(ROOT, source)), source).toBe(true);
        else expect(compose.volumes).toHaveProperty(source);
      }
  });

  test("gives a node the time that a drain and the closing may take", () => {
    const graceMs =
      1_000 *
      Number(/^(\d+)s$/.exec(services["node-1"]!.stop_grace_period!)![1]);
    const neededMs =
      Number(environment["DRAIN_TIMEOUT_MS"]) + limits.shutDownTimeoutMs;
    expect(graceMs).toBeGreaterThan(neededMs);
  });

  test("trusts the forwarded addresses of the balancer alone, and publishes nothing else to the world", () => {
    const address = services["balancer"]!.networks!.default.ipv4_address;
    expect(environment["TRUST_PROXY"]).toBe(address);
    for (const [name, { ports = [] }] of Object.entries(services))
      for (const port of ports)
        if (name !== "balancer") expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});

describe("the balancer", () => {
  const config = read("deploy/haproxy.cfg");
  const timeout = (name: string) =>
    new RegExp(`timeout ${name} (\\S+)`).exec(config)?.[1];

  test("sends to the three nodes, fewest connections first, those that are ready", () => {
    const servers = [...config.matchAll(/^ {4}server (\S+) (\S+)$/gm)];
    expect(servers.map((it) => it[2])).toEqual(NODES.map((it) => `${it}:8787`));
    expect(config).toContain("balance leastconn");
    expect(config).toContain("uri /health/ready");
  });

  test("adds X-Forwarded-For, logs no query string, and ends no WebSocket that is alive", () => {
    expect(config).toMatch(/^ {4}option forwardfor$/m);
    const format = /log-format (.*)/.exec(config)![1]!;
    expect(format).toContain("%HPO");
    expect(format).not.toMatch(/%(HU|HQ|HP\b|r\b|\{\+Q\}r)/);
    expect(config).not.toMatch(/option (httplog|tcplog)/);
    expect(timeout("tunnel")).toBe("1h");
  });
});

describe("Dockerfile", () => {
  const lines = read("Dockerfile")
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((it) => it !== "" && !it.startsWith("#"));
  const all = (word: string) => lines.filter((it) => it.startsWith(`${word} `));

  test("builds on a pinned Node image and runs as a user without rights", () => {
    for (const it of all("FROM"))
      expect(it).toMatch(/^FROM node:\d+-slim( AS build)?$/);
    const image = lines.slice(lines.lastIndexOf(all("FROM").at(-1)!));
    expect(image).toContain("USER node");
    expect(image.indexOf("USER node")).toBeLessThan(
      image.findIndex((it) => it.startsWith("CMD ")),
    );
  });

  test("starts the server itself, so that signals reach it, and asks it for its health", () => {
    const command = JSON.parse(all("CMD")[0]!.slice(4)) as string[];
    expect(command).toEqual(["node", "src/app/cli.ts", "serve"]);
    expect(existsSync(join(ROOT, command[1]!))).toBe(true);
    expect(all("HEALTHCHECK")[0]).toContain("/health/live");
  });

  test("copies only what runs; tests, history and tools stay out", () => {
    const copied = all("COPY")
      .filter((it) => it.includes("--from=build"))
      .map((it) => /\/app\/(\S+)/.exec(it)![1]);
    expect(copied.toSorted()).toEqual([
      "dist",
      "machines",
      "node_modules",
      "package.json",
      "src",
    ]);
    const ignored = read(".dockerignore").split("\n");
    for (const it of [".git", "test", "node_modules", "data", "dist"])
      expect(ignored).toContain(it);
  });
});

describe(".github/workflows/ci.yml", () => {
  interface Job {
    readonly strategy: { readonly matrix: Readonly<Record<string, unknown[]>> };
    readonly "runs-on": string;
    readonly "timeout-minutes": number;
    readonly steps: readonly {
      readonly uses?: string;
      readonly run?: string;
    }[];
  }
  const { jobs } = readYaml<{ jobs: Readonly<Record<string, Job>> }>(
    ".github/workflows/ci.yml",
  );
  const { scripts, engines } = JSON.parse(read("package.json")) as {
    scripts: Readonly<Record<string, string>>;
    engines: { readonly node: string };
  };

  test("runs on Linux, macOS and Windows, on the oldest Node and the one of the image", () => {
    const systems = Object.values(jobs).flatMap(
      (it) => it.strategy.matrix["os"] ?? [it["runs-on"]],
    );
    expect(systems.map((it) => String(it).split("-")[0])).toEqual([
      "ubuntu",
      "macos",
      "windows",
    ]);
    const oldest = Number(/\d+/.exec(engines.node)![0]);
    const newest = Number(/FROM node:(\d+)/.exec(read("Dockerfile"))![1]);
    for (const { strategy, ...job } of Object.values(jobs)) {
      expect(strategy.matrix["node"]).toEqual([oldest, newest]);
      expect(job["timeout-minutes"]).toBeLessThanOrEqual(90);
    }
  });

  test("pins its actions and runs what this repository has", () => {
    for (const { uses, run } of Object.values(jobs).flatMap((it) => it.steps)) {
      if (uses !== undefined) expect(uses).toMatch(/@v\d+$/);
      if (run === ".ci/run") expect(existsSync(join(ROOT, run))).toBe(true);
      else if (run !== undefined && run !== "npm ci")
        expect(scripts).toHaveProperty(run.replace(/^npm (run )?/, ""));
    }
  });
});
