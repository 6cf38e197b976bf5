/**
 * Exports as a person takes them, in a real Chromium: the page saves each format under its name, and the print-ready page opens under its
 * own policy without a complaint, a request or a script, and prints.
 */
import { readFileSync, rmSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  onTestFinished,
  test,
} from "vitest";
import { startNode } from "../../src/app/node.ts";
import type { Node } from "../../src/app/node.ts";
import { costs } from "../../src/domain/agents/index.ts";
import {
  complaintsOf,
  loadSample,
  openBrowser,
  skipWithoutBrowser,
} from "../support/browser.ts";
import { configOf, temporaryDirectory } from "../support/server.ts";

/** Below the test's own time limit, so that a failure names what was waited for. */
const PATIENCE_MS = 15_000;
const FORMATS = [
  ["Print-ready page", "html"],
  ["Markdown", "md"],
  ["CSV", "csv"],
  ["JSON", "json"],
] as const;

describe.skipIf(skipWithoutBrowser)("exports in Chromium", () => {
  let browser: Browser;
  let node: Node;
  const dataDir = temporaryDirectory();

  beforeAll(async () => {
    const config = await configOf({
      PORT: "0",
      DATA_DIR: dataDir,
      LOG_LEVEL: "None",
    });
    node = await startNode({ config, application: costs });
    await loadSample(node.url);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await node?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function openPage(): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    onTestFinished(() => page.close());
    return { page, complaints: complaintsOf(page) };
  }

  /** The page with an answer over the sample, its formats shown. */
  async function answered() {
    const opened = await openPage();
    const { page } = opened;
    await page.goto(node.url);
    await page.getByLabel("Your question").fill("Analyze my AI costs");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "export" }).click();
    return opened;
  }

  test("each format is saved under its name, and the page says so", async () => {
    const { page, complaints } = await answered();
    for (const [name, extension] of FORMATS) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).click(),
      ]);
      const file = download.suggestedFilename();
      expect(file).toMatch(
        new RegExp(`^analyze-my-ai-costs-\\d{4}-\\d\\d-\\d\\d\\.${extension}$`),
      );
      await page.getByRole("status").getByText(`Saved ${file}`).waitFor();
      const text = readFileSync(await download.path(), "utf8");
      expect(text).toContain("Spend by model");
    }
    expect(complaints).toEqual([]);
  });

  test("a refusal is said in words, and the button closes the choice", async () => {
    const { page } = await answered();
    await page.route("**/export?*", (route) =>
      route.fulfill({
        status: 409,
        contentType: "application/problem+json",
        body: JSON.stringify({ detail: "This run is still working." }),
      }),
    );
    const choice = page.getByRole("list", { name: "Export this report as" });
    await page.getByRole("button", { name: "CSV" }).click();
    await page.getByText("This run is still working.").waitFor();
    await page.getByRole("button", { name: "export" }).click();
    await choice.waitFor({ state: "hidden" });
  });

  test("the print-ready page keeps to its policy, loads nothing and prints", async () => {
    const { page: source } = await answered();
    const [response, download] = await Promise.all([
      source.waitForResponse(/export\?format=html/),
      source.waitForEvent("download"),
      source.getByRole("button", { name: "Print-ready page" }).click(),
    ]);
    const policy = (await response.headerValue("content-security-policy"))!;
    const body = readFileSync(await download.path(), "utf8");
    const { page, complaints } = await openPage();
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.route("http://saved.example/report", (route) =>
      route.fulfill({
        contentType: "text/html; charset=utf-8",
        headers: { "content-security-policy": policy },
        body,
      }),
    );
    await page.goto("http://saved.example/report");
    expect(await page.title()).toBe("Analyze my AI costs – AI cost report");
    const bars = await page.locator(".drawing rect").count();
    expect(bars).toBeGreaterThan(30);
    // The style applies, so the policy allows it.
    const [size] = await page
      .locator("h1")
      .evaluateAll((found) => found.map((it) => getComputedStyle(it).fontSize));
    expect(size).toBe("28px");
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    expect(requests).toEqual(["http://saved.example/report"]);
    expect(complaints).toEqual([]);
  });
});
