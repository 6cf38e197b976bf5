/**
 * The page in a real Chromium, as a newcomer meets it: local mode, sample data, a question, the agents at work, the report, a reload,
 * and a cut line. Promises: a console error, a thrown error or a violated content security policy fails it. UPDATE_SCREENSHOTS=1 renews
 * docs/images/answer.png.
 */
import { rmSync } from "node:fs";
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
import { keepRecommendations } from "../../src/domain/costs/recommendations.ts";
import {
  complaintsOf,
  loadSample,
  openBrowser,
  skipWithoutBrowser,
} from "../support/browser.ts";
import { configOf, temporaryDirectory } from "../support/server.ts";

/** Below the test's own time limit, so that a failure names what was waited for. */
const PATIENCE_MS = 15_000;
const QUESTION = "Analyze my AI costs";

describe.skipIf(skipWithoutBrowser)("the page in Chromium", () => {
  let browser: Browser;
  let node: Node;
  const dataDir = temporaryDirectory();

  beforeAll(async () => {
    const config = await configOf({
      PORT: "0",
      DATA_DIR: dataDir,
      LOG_LEVEL: "None",
    });
    const application = { ...costs, concluded: keepRecommendations };
    node = await startNode({ config, application });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await node?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function openPage(): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({
      viewport: { width: 1_280, height: 1_240 },
    });
    page.setDefaultTimeout(PATIENCE_MS);
    onTestFinished(() => page.close());
    return { page, complaints: complaintsOf(page) };
  }

  test("load the sample, ask, watch the agents, read the report, reload: still there", async () => {
    const { page, complaints } = await openPage();
    await page.goto(node.url);
    await page.getByRole("button", { name: "Load sample data" }).click();
    await page
      .getByText(/rows read, [\d,]+ kept/)
      .first()
      .waitFor();
    await ask(page);
    const head = page.locator(".timeline-head");
    await page.locator(".figures").waitFor();
    if ((await head.getAttribute("aria-expanded")) === "false")
      await head.click();
    const tools = await page.locator(".tool .tool-name").allTextContents();
    expect(tools).toContain("query_usage");
    const figures = await page.locator(".figure-value").allTextContents();
    expect(figures.length).toBeGreaterThan(0);
    expect(figures.join(" ")).toMatch(/\$\d/);
    await page.getByText("sample", { exact: true }).first().waitFor();

    await head.click();
    await page.locator(".question").scrollIntoViewIfNeeded();
    if (process.env["UPDATE_SCREENSHOTS"] === "1")
      await page.screenshot({ path: "docs/images/answer.png" });
    const address = page.url();
    await page.reload();
    await page.locator(".figures").waitFor();
    expect(page.url()).toBe(address);
    expect(await page.locator(".figure-value").allTextContents()).toEqual(
      figures,
    );
    expect(await page.locator(".question").allTextContents()).toEqual([
      QUESTION,
    ]);
    expect(complaints).toEqual([]);
  });

  test("a figure leads to the tool call it came from", async () => {
    await loadSample(node.url);
    const { page, complaints } = await openPage();
    await page.goto(node.url);
    await ask(page);
    await page.locator(".figure").first().click();
    await page.getByRole("dialog").getByText("Parameters").waitFor();
    expect(complaints).toEqual([]);
  });

  test("a line that is cut during the run comes back by itself, and the answer is whole", async () => {
    await loadSample(node.url);
    const { page, complaints } = await openPage();
    let lines = 0;
    await page.routeWebSocket(/\/ws/, (line) => {
      lines += 1;
      const isFirst = lines === 1;
      const server = line.connectToServer();
      line.onMessage((message) => server.send(message));
      server.onMessage((message) => {
        const isToCut = isFirst && String(message).includes("tool_executing");
        if (isToCut) void line.close({ code: 4302, reason: "cut by the test" });
        else line.send(message);
      });
    });
    await page.goto(node.url);
    await ask(page);
    await page.locator(".figures").waitFor();
    expect(lines).toBe(2);
    expect(await page.locator(".question").count()).toBe(1);
    expect(complaints).toEqual([]);
  });
});

async function ask(page: Page): Promise<void> {
  await page.getByLabel("Your question").fill(QUESTION);
  await page.keyboard.press("Enter");
}
