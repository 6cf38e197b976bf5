/**
 * A report as a page of its own, to print or to hand on. Promises: nothing is loaded and nothing runs, and its content security policy
 * says so wherever it is opened; every text is escaped; each figure, table, chart and saving has the id of its tool call in small print.
 */
import { proseOf } from "../agents/answer/markdown.ts";
import { DOLLARS_ARE } from "../agents/answer/quality.ts";
import type { ReportSection } from "../model.ts";
import { chartTable } from "./chartTable.ts";
import { basisOf } from "./exported.ts";
import type { Exported } from "./exported.ts";
import { html, trusted } from "./html.ts";
import type { Html } from "./html.ts";
import {
  chartPart,
  figureList,
  savingsPart,
  sourcesPart,
  tablePart,
} from "./pageParts.ts";
import { STYLE } from "./style.ts";

export interface PageGiven {
  /** Markdown as HTML that neither links nor loads anything. */
  readonly prose: (markdown: string) => string;
  /** The content security policy that the page carries; it must allow STYLE and need allow nothing else. */
  readonly policy: string;
}

export function toPage(exported: Exported, given: PageGiven): string {
  const { question, report, sources } = exported;
  const charts = report.sections.flatMap(({ chart }) => chart ?? []);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${given.policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${question} – AI cost report</title>
        ${trusted(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          ${head(exported, given.prose)} ${figureList(report.figures)}
          ${report.sections.map((section) => sectionPart(section, given.prose))}
          ${
            charts.length === 0
              ? null
              : html`<section>
                  <h2>Daily values</h2>
                  ${charts.map((chart) => tablePart(chartTable(chart)))}
                </section>`
          }
          ${sources.length === 0 ? null : sourcesPart(exported)}
        </main>
      </body>
    </html> `;
  return page.html;
}

function head(exported: Exported, prose: PageGiven["prose"]): Html {
  const { question, report, partial } = exported;
  const dollars = report.sections
    .flatMap(({ paragraphs }) => paragraphs)
    .find((text) => text.startsWith(DOLLARS_ARE));
  return html`<header>
    <p class="eyebrow">
      AI cost
      report${report.sample ? html` <span class="badge">Sample data</span>` : null}
    </p>
    <h1>${question}</h1>
    <dl class="basis">
      ${basisOf(exported).map(
        ([name, words]) =>
          html`<dt>${name}</dt>
            <dd>${words}</dd>`,
      )}
      ${
        dollars === undefined
          ? null
          : html`<dt>Basis</dt>
              <dd>${proseHtml(dollars, prose)}</dd>`
      }
    </dl>
    ${partial ? html`<p class="notice"><strong>This answer is partial:</strong> not every step could be finished.</p>` : null}
  </header>`;
}

function sectionPart(section: ReportSection, prose: PageGiven["prose"]): Html {
  const { title, tables, chart, savings } = section;
  return html`<section>
    <h2>${title}</h2>
    <div class="prose">${proseHtml(proseOf(section), prose)}</div>
    ${chart === null ? null : chartPart(chart)} ${tables.map(tablePart)}
    ${savings.length === 0 ? null : savingsPart(savings)}
  </section> `;
}

/** Lines are Markdown's own; every other control or direction character goes. */
function proseHtml(markdown: string, prose: PageGiven["prose"]): Html {
  return trusted(prose(markdown.replace(/[^\P{C}\n]/gu, "")));
}
