/** docs/PROTOCOL.md section 7 against the app: every route is in the document, and every route of the document is served. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeHttp } from "../../src/app/http.ts";
import { configOf, TEST_SECRET } from "../support/config.ts";

const DOCUMENT = join(import.meta.dirname, "../../docs/PROTOCOL.md");

/** A parameter's name is nobody's business: `:id` and `{run_id}` are the same place. */
const placed = (path: string) => path.replace(/:\w+|\{\w+\}/g, "{}");

/** The routes that section 7 names, as `GET|PUT /path?query` in code marks. */
function documented(): readonly string[] {
  const text = readFileSync(DOCUMENT, "utf8");
  const section = /^## 7\..*?(?=^## 8\.)/ms.exec(text)![0];
  const named = section.matchAll(/`([A-Z]+(?:\|[A-Z]+)*) (\/[^`?\s]*)/g);
  return [...named].flatMap(([, methods, path]) =>
    methods!.split("|").map((method) => `${method} ${placed(path!)}`),
  );
}

/** Those that answer to one method; the rest stands before or behind them. */
async function served(): Promise<readonly string[]> {
  const config = await configOf({ JWT_SECRET: TEST_SECRET });
  const { routes } = makeHttp({
    config,
    run: () => Promise.reject(new Error("no request is made")),
    serverState: () => "serving",
  });
  return routes
    .filter(({ method, path }) => method !== "ALL" && !path.endsWith("*"))
    .map(({ method, path }) => `${method} ${placed(path)}`);
}

test("§7 the routes of the document are those of the app", async () => {
  const unique = (routes: readonly string[]) => [...new Set(routes)].toSorted();
  expect(unique(documented())).toEqual(unique(await served()));
});
