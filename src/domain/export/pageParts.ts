/**
 * The parts of the print-ready page that hold figures. Promises: each has the id of its tool call in small print; numbers are formatted as
 * in the answer's text.
 */
import {
  isNumeric,
  NOTHING,
  numberText,
  savingText,
  SIGNED_COLUMNS,
} from "../agents/answer/markdown.ts";
import type {
  Figure,
  ReportChart,
  ReportTable,
  Saving,
  Unit,
} from "../model.ts";
import { drawChart } from "./chart.ts";
import type { Exported, Source } from "./exported.ts";
import { html } from "./html.ts";
import type { Html } from "./html.ts";

/** A table that fits on a page is not broken over two. */
const SHORT_TABLE_ROWS = 12;

export function figureList(figures: readonly Figure[]): Html | null {
  if (figures.length === 0) return null;
  const items = figures.map(
    ({ id, label, value, unit, note, source }) =>
      html`<li>
        <span class="label">${label}</span>
        <span class="value">${valueText(value, id, unit)}</span>
        <span class="note">${note}</span>
        ${sourcePart(source)}
      </li>`,
  );
  return html`<ul class="figures">
    ${items}
  </ul>`;
}

export function chartPart(chart: ReportChart): Html {
  return html`<figure class="chart">
    ${caption(chart)}${drawChart(chart)}
  </figure>`;
}

export function tablePart(table: ReportTable): Html {
  const { columns, rows } = table;
  const name = rows.length > SHORT_TABLE_ROWS ? "long" : "short";
  const headers = columns.map(
    ({ label, unit }) =>
      html`<th scope="col" class="${alignment(unit)}">${label}</th>`,
  );
  const lines = rows.map(
    (row) =>
      html`<tr>
        ${columns.map(({ key, unit }) => html`<td class="${alignment(unit)}">${valueText(row[key] ?? null, key, unit)}</td>`)}
      </tr> `,
  );
  return html`<figure class="${name}">
    ${caption(table)}
    <table>
      <thead>
        <tr>
          ${headers}
        </tr>
      </thead>
      <tbody>
        ${lines}
      </tbody>
    </table>
  </figure>`;
}

export function savingsPart(savings: readonly Saving[]): Html {
  const lines = savings.map((saving) => {
    const { low_usd, high_usd } = saving;
    const range =
      low_usd === high_usd
        ? savingText(saving, high_usd)
        : `${savingText(saving, low_usd)} to ${savingText(saving, high_usd)}`;
    return html`<tr>
      <td>
        <strong>${saving.title}</strong>
        <p class="detail">${saving.assumption}</p>
        <p class="detail">Risk: ${saving.risk}</p>
        <p class="detail">To check: ${saving.verify}</p>
        ${sourcePart(saving.source)}
      </td>
      <td class="number">${savingText(saving, saving.affected_usd)}</td>
      <td class="number">${range}</td>
      <td class="whole">${saving.effort}</td>
    </tr> `;
  });
  return html`<figure>
    <table>
      <thead>
        <tr>
          <th scope="col">Saving</th>
          <th scope="col" class="number">Affects a month</th>
          <th scope="col" class="number">Saves a month</th>
          <th scope="col">Effort</th>
        </tr>
      </thead>
      <tbody>
        ${lines}
      </tbody>
    </table>
  </figure>`;
}

export function sourcesPart({ run_id, sources }: Exported): Html {
  const lines = sources.map(
    ({ tool_call_id, tool_name, summary, cited_by }: Source) =>
      html`<tr>
        <td class="whole"><code>${tool_call_id}</code></td>
        <td>
          <code>${tool_name}</code>
          <p class="detail">${summary}</p>
        </td>
        <td>${cited_by.map((part) => html`<div>${part}</div>`)}</td>
      </tr> `,
  );
  return html`<section>
    <h2>Sources</h2>
    <p class="lookup">
      Every figure comes from the result of a tool call. With your token, the
      server shows the full result of each:
      <code>GET /api/runs/${run_id}/calls/{id}</code>
    </p>
    <div class="wide">
      <table class="sources">
        <thead>
          <tr>
            <th scope="col">Id</th>
            <th scope="col">Tool, and what it found</th>
            <th scope="col">Cited by</th>
          </tr>
        </thead>
        <tbody>
          ${lines}
        </tbody>
      </table>
    </div>
  </section>`;
}

function caption(part: {
  readonly title: string;
  readonly source: string;
}): Html {
  return html`<figcaption>
    <span>${part.title}</span>${sourcePart(part.source)}
  </figcaption>`;
}

function sourcePart(id: string): Html {
  return html`<small class="source">source <code>${id}</code></small>`;
}

function alignment(unit: Unit): string {
  return isNumeric(unit) ? "number" : unit === "date" ? "whole" : "text";
}

/** A figure or cell by its id or key, as the answer's text has it. */
function valueText(
  value: string | number | null,
  name: string,
  unit: Unit,
): string {
  if (value === null) return NOTHING;
  return typeof value === "number"
    ? numberText(value, unit, SIGNED_COLUMNS.has(name))
    : value;
}
