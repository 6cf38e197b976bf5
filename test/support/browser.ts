/**
 * A real Chromium for a test, and a page that keeps what it complains about. Promises: without a Chromium the tests are skipped by name
 * on a developer's machine, and fail in CI.
 */
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";

const PLACES = [
  process.env["CHROMIUM_PATH"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
/** Quiet and alone: nothing is fetched, nothing is synchronised. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const executablePath = PLACES.find((it) => it !== "" && existsSync(it));

/** Tests that need a browser are skipped without one; in CI they are not. */
export const skipWithoutBrowser =
  executablePath === undefined && process.env["CI"] !== "true";

export function openBrowser(): Promise<Browser> {
  if (executablePath === undefined)
    throw new Error("no Chromium found: install it or set CHROMIUM_PATH");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** What a page logged as an error or warning, threw, or was refused by its content security policy. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => void complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(message.text());
  });
  return complaints;
}

/** The sample over HTTP into a server in local mode, for tests that are about something else; loading it again changes nothing. */
export async function loadSample(url: string): Promise<void> {
  const session = await fetch(`${url}/api/local-session`, { method: "POST" });
  const { token } = (await session.json()) as { token: string };
  const loaded = await fetch(`${url}/api/usage/imports?sample=true`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!loaded.ok) throw new Error(`no sample: ${loaded.status}`);
}
