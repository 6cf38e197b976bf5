/** What watches a cluster of docker-compose.yml: Prometheus finds the nodes, its token and the alerts, and Grafana its source and dashboard. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const read = (path: string) =>
  readFileSync(join(import.meta.dirname, "../..", path), "utf8");
const readYaml = <T>(path: string) => parse(read(path), { merge: true }) as T;
const NODES = ["node-1", "node-2", "node-3"];
const { services } = readYaml<{
  readonly services: Readonly<Record<string, { readonly volumes: string[] }>>;
}>("docker-compose.yml");

describe("monitoring", () => {
  const prometheus = readYaml<{
    readonly rule_files: readonly string[];
    readonly scrape_configs: readonly {
      readonly authorization: { readonly credentials_file: string };
      readonly static_configs: readonly { readonly targets: string[] }[];
    }[];
  }>("deploy/prometheus.yml");

  test("Prometheus reads each node by itself, with the token that is made for it, and the alerts", () => {
    const [job] = prometheus.scrape_configs;
    expect(job!.static_configs[0]!.targets).toEqual(
      NODES.map((it) => `${it}:8787`),
    );
    expect(job!.authorization.credentials_file).toBe("/token/prometheus");
    expect(services["prometheus"]!.volumes).toContain("token:/token:ro");
    expect(services["prometheus-token"]!.volumes).toContain("token:/data");
    expect(prometheus.rule_files).toEqual(["alerts.yml"]);
  });

  test("Grafana's dashboard finds its data source and has panels", () => {
    const { datasources } = readYaml<{ datasources: { type: string }[] }>(
      "deploy/grafana/datasources.yml",
    );
    expect(datasources.map((it) => it.type)).toEqual(["prometheus"]);
    const dashboard = JSON.parse(
      read("docs/monitoring/grafana-dashboard.json"),
    ) as { panels: unknown[] };
    expect(dashboard.panels.length).toBeGreaterThan(0);
  });

  test("every alert rule has a name and an expression over our metrics", () => {
    const { groups } = readYaml<{
      groups: { rules: { alert: string; expr: string }[] }[];
    }>("docs/monitoring/alerts.yml");
    const rules = groups.flatMap((it) => it.rules);
    expect(rules.length).toBeGreaterThan(0);
    for (const { alert, expr } of rules) {
      expect(alert).toMatch(/^[A-Z]\w+$/);
      expect(expr).toMatch(/goldenpath_|up\b/);
    }
  });
});
