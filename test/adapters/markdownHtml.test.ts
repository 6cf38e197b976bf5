/** Markdown of an answer as HTML: what our writers use is shown, and nothing in it leads or loads from elsewhere. */
import { describe, expect, test } from "vitest";
import { code, escaped } from "../../src/domain/agents/answer/words.ts";
import { markdownHtml } from "../../src/adapters/markdownHtml.ts";
import { HOSTILE } from "../support/reports.ts";

describe("markdownHtml", () => {
  test("bold, code and lists are what they are", () => {
    expect(markdownHtml("- You spent **$2** on `a<b`\n- and more")).toBe(
      "<ul>\n<li>You spent <strong>$2</strong> on <code>a&lt;b</code></li>\n<li>and more</li>\n</ul>",
    );
  });

  test.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![a](http://evil.example/x.png)",
    "[a](javascript:alert(1))",
    "[a][b]\n\n[b]: http://evil.example",
    "<http://evil.example>",
    HOSTILE,
    escaped(HOSTILE),
    code(HOSTILE),
  ])("nothing of %j becomes an element or an address", (markdown) => {
    const made = markdownHtml(markdown);
    expect(made).not.toMatch(/<(?!\/?(?:p|strong|em|code|ul|ol|li|h2)>)/);
    expect(made).not.toMatch(/(?:href|src)="/);
  });
});
