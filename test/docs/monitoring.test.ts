/**
 * The dashboard and the alert rules against metrics.ts, and the endings in docs/OPERATIONS.md against the tests that cite them: nothing is named
 * that is not there, and nothing there is left out.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { FAMILIES } from "../../src/domain/metrics.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: { readonly severity: string };
      readonly annotations: { readonly summary: string };
    }[];
  }[];
}

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

const rules = (
  parse(read("docs/monitoring/alerts.yml")) as Rules
).groups.flatMap((it) => it.rules);
const { panels } = JSON.parse(
  read("docs/monitoring/grafana-dashboard.json"),
) as Dashboard;
const expressions = panels
  .flatMap((it) => it.targets ?? [])
  .map((it) => it.expr);

/** The families that expressions name: a histogram goes by its series. */
function familiesIn(texts: readonly string[]): Set<string> {
  const names = texts.flatMap((it) => it.match(/goldenpath_\w+/g) ?? []);
  return new Set(
    names.map((name) => {
      const base = name.replace(/_(bucket|sum|count)$/, "");
      return FAMILIES.get(base) === "histogram" ? base : name;
    }),
  );
}

test("every metric in the dashboard and in the alerts is one of metrics.ts", () => {
  for (const name of familiesIn([
    ...expressions,
    ...rules.map((it) => it.expr),
  ]))
    expect([...FAMILIES.keys()]).toContain(name);
});

test("every family of metrics.ts stands in the dashboard, and in OPERATIONS.md", () => {
  expect([...familiesIn(expressions)].toSorted()).toEqual(
    [...FAMILIES.keys()].toSorted(),
  );
  const documented = [
    ...read("docs/OPERATIONS.md").matchAll(/^\| `(goldenpath_\w+)/gm),
  ].map((it) => it[1]!);
  expect(documented.toSorted()).toEqual([...FAMILIES.keys()].toSorted());
});

test("panels have their own id and a title; alerts a name of their own, a severity and a summary", () => {
  expect(new Set(panels.map((it) => it.id)).size).toBe(panels.length);
  for (const { title, type, targets = [] } of panels) {
    expect(title).not.toBe("");
    if (type !== "row") expect(targets.length, title).toBeGreaterThan(0);
  }
  expect(new Set(rules.map((it) => it.alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(labels.severity, alert).toMatch(/^(critical|warning)$/);
    expect(annotations.summary, alert).not.toBe("");
  }
});

test("every ending of OPERATIONS.md is cited by a test's title, and no test cites another", () => {
  const rows = [...read("docs/OPERATIONS.md").matchAll(/^\| (W\d+) /gm)].map(
    (it) => it[1]!,
  );
  const titles = readdirSync(join(root, "test/e2e"))
    .filter((it) => it.endsWith(".test.ts"))
    .flatMap((it) => [
      ...read(`test/e2e/${it}`).matchAll(/^test\(\s*"((?:W\d+ )+)/gm),
    ])
    .flatMap((it) => it[1]!.trim().split(" "));
  expect(rows).toHaveLength(10);
  expect([...new Set(titles)].toSorted()).toEqual(rows.toSorted());
});
