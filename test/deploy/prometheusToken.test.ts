/** The token that docker-compose.yml makes for Prometheus, made by the same command: it opens /metrics from elsewhere; a user's does not. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { serverForTest, TEST_SECRET } from "../support/server.ts";

const ROOT = join(import.meta.dirname, "../..");

test("the token of the service prometheus-token opens /metrics through a proxy; without --admin it does not", async () => {
  const { services } = parse(
    readFileSync(join(ROOT, "docker-compose.yml"), "utf8"),
    { merge: true },
  ) as { services: Record<string, { command: string[] }> };
  const line = services["prometheus-token"]!.command.at(-1)!;
  const words = line.split(" > ")[0]!.split(" ").slice(1);
  expect(words).toContain("--admin");
  const server = await serverForTest();
  const statusWith = async (command: readonly string[]) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...command],
      {
        cwd: ROOT,
        env: {
          ...(process.env as Record<string, string>),
          JWT_SECRET: TEST_SECRET,
        },
      },
    );
    const response = await fetch(`${server.url}/metrics`, {
      headers: {
        Authorization: `Bearer ${stdout.trim()}`,
        "X-Forwarded-For": "192.0.2.1",
      },
    });
    await response.text();
    return response.status;
  };
  expect(await statusWith(words)).toBe(200);
  expect(await statusWith(words.filter((it) => it !== "--admin"))).toBe(404);
}, 120_000);
