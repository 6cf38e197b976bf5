/** Small parts of the page: numbers in words, addresses, reports, and Markdown that can carry nothing harmful. */
import fc from "fast-check";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import {
  Markdown,
  safeUrl,
  splitBlocks,
} from "../../src/web/parts/Markdown.tsx";
import {
  formatBytes,
  formatDuration,
  formatName,
  formatNamed,
  formatPeriod,
  formatUsdTick,
  formatValue,
} from "../../src/web/state/format.ts";
import { asReport, hasStructure } from "../../src/web/state/report.ts";
import { currentThread, threadHref } from "../../src/web/state/route.ts";

const render = (text: string) => renderToStaticMarkup(<Markdown text={text} />);

describe("Markdown", () => {
  test.each([
    ["raw HTML", "<script>alert(1)</script><img src=x onerror=alert(1)>"],
    ["a script address", "[click](javascript:alert(1))"],
    ["a data address", "[click](data:text/html,x)"],
    ["an address without a scheme", "[click](//evil.example)"],
    ["a remote image", "![pixel](https://evil.example/p.png)"],
  ])("lets nothing through from %s", (_, text) => {
    const html = render(text);
    expect(html).not.toMatch(/<(script|img|iframe)|href=|src=|onerror/);
  });

  test("keeps http links, opened apart, and tables in a scrolling region", () => {
    expect(render("[site](https://example.com)")).toContain(
      '<a href="https://example.com" target="_blank" rel="noopener noreferrer">',
    );
    const table = render("| Model | Spend |\n|---|--:|\n| a | $1 |");
    expect(table).toContain('role="region"');
    expect(table).toContain("<td");
  });

  test("any text renders without script, handler or unsafe address", () => {
    const bits = fc.constantFrom(
      "<script>",
      "</script>",
      "[a](javascript:x)",
      "![i](http://x/i)",
      "`",
      "\n\n",
      "<a href='javascript:x'>",
      "|",
      "text",
    );
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 20 }), (parts) => {
        expect(render(parts.join(""))).not.toMatch(
          /<script|<img|href="(?!https?:)/i,
        );
      }),
    );
  });

  test("an address is http(s) or nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string()), (url) => {
        expect(["", url]).toContain(safeUrl(url));
        if (safeUrl(url) !== "") expect(url).toMatch(/^https?:\/\//i);
      }),
    );
  });

  test("blocks joined are the text again, and a fence is never cut", () => {
    const part = fc.constantFrom("a", "```", "\n", "\n\n", "- b", "~~~");
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const text = parts.join("");
        expect(splitBlocks(text).join("\n\n")).toBe(text);
      }),
    );
    expect(splitBlocks("a\n\n```\nb\n\nc\n```\n\nd")).toEqual([
      "a",
      "```\nb\n\nc\n```",
      "d",
    ]);
  });
});

test.each([
  [1284.17, "usd", "$1,284.17"],
  [0.00713, "usd", "$0.0071"],
  [0, "usd", "$0.00"],
  [-12.5, "usd", "-$12.50"],
  [12.34, "percent", "12.3%"],
  [412_345_678, "tokens", "412M"],
  [99_999, "tokens", "99,999"],
  [18_233, "requests", "18,233"],
  ["gpt-4.1", "text", "gpt-4.1"],
  [null, "usd", "–"],
] as const)("%s in %s is %s", (value, unit, wanted) => {
  expect(formatValue(value, unit)).toBe(wanted);
});

test("only a change shows that it went up", () => {
  expect(formatNamed("change", 12.34, "percent")).toBe("+12.3%");
  expect(formatNamed("change", -12.34, "percent")).toBe("-12.3%");
  expect(formatNamed("change", null, "usd")).toBe("–");
  expect(formatNamed("spend", 3, "usd")).toBe("$3.00");
  expect(
    [0.075, 2.5, 18.75].map((it) => formatNamed("input", it, "usd_unit")),
  ).toEqual(["$0.075", "$2.50", "$18.75"]);
});

test("durations, names, bytes, ticks and periods in words", () => {
  expect([840, 4_240, 59_999, 72_000].map(formatDuration)).toEqual([
    "840 ms",
    "4.2 s",
    "1 min 0 s",
    "1 min 12 s",
  ]);
  expect(formatName("data_helper")).toBe("Data helper");
  expect([900, 12_300, 3_400_000].map(formatBytes)).toEqual([
    "900 B",
    "12.3 KB",
    "3.4 MB",
  ]);
  expect([120, 0.25].map(formatUsdTick)).toEqual(["$120", "$0.25"]);
  const october = {
    from: "2026-10-01T00:00:00.000Z",
    to: "2026-11-01T00:00:00.000Z",
  };
  expect(formatPeriod(october, "UTC")).toMatch(/^Oct 1\s–\s31, 2026$/u);
});

test("the address of a thread leads back to it, whatever its id", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (id) => {
      expect(currentThread(threadHref(id))).toBe(id);
    }),
  );
  expect(currentThread(threadHref(null))).toBeNull();
  expect(currentThread("#/elsewhere")).toBeNull();
});

test("an address that is broken names no thread", () => {
  expect(currentThread("#/t/%E0%A4%A")).toBeNull();
});

test("only a costs report is shown as one", () => {
  const report = { kind: "costs", figures: [], sections: [], suggestions: [] };
  expect(asReport(report)).toBe(report);
  expect(asReport({ ...report, sections: null })).toBeNull();
  expect(asReport({ ...report, kind: "other" })).toBeNull();
  expect(asReport(null)).toBeNull();
  const parsed = asReport(report);
  expect(parsed !== null && hasStructure(parsed)).toBe(false);
});
