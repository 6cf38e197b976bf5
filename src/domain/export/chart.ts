/**
 * Spend by day as a drawing: stacked bars in SVG, unusual days marked above their bar. Promises: pure; no script, style or address in it, so
 * that any page may hold it; a day whose spend is negative (a refund) hangs below the line.
 */
import { dayWords } from "../agents/answer/words.ts";
import { formatUsd } from "../costs/money.ts";
import type { ReportChart } from "../model.ts";
import { html } from "./html.ts";
import type { Html } from "./html.ts";

/** Prints as shades that stay apart in grey too; further series share the last. */
const COLOURS = [
  "#8a5a00",
  "#2f6d8f",
  "#a3bf6a",
  "#7b5391",
  "#d9865f",
  "#8f8b82",
];
const MARK = "#b3261e";
const INK = "#67625a";
const RULE = "#e4e1d9";

/** In units of the drawing, which is scaled to the page's width. */
const SIZE = {
  width: 720,
  height: 230,
  left: 52,
  right: 6,
  top: 18,
  bottom: 24,
};
const BAR_SHARE = 0.76;
const TICKS_ABOUT = 4;
const DAYS_NAMED_MAX = 8;

type Point = ReportChart["points"][number];

interface Scale {
  readonly x: (index: number) => number;
  readonly y: (usd: number) => number;
  readonly step: number;
  readonly ticks: readonly number[];
}

export function drawChart(chart: ReportChart): Html {
  const scale = scaleOf(chart.points);
  const { width, height } = SIZE;
  const unusual = chart.points.filter(({ anomaly }) => anomaly).length;
  return html`<svg
      class="drawing"
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="${`${chart.title}: ${chart.points.length} days, ${unusual} of them unusual; the values are in the table of daily values.`}"
    >
      ${scale.ticks.map((usd) => tick(usd, scale))}
      ${chart.points.map((point, index) => bar(chart, point, index, scale))}
      ${dayNames(chart.points, scale)}
    </svg>
    <ul class="legend">
      ${chart.series.map((name, index) => legendItem(name, colourOf(index), "square"))}
      ${unusual === 0 ? null : legendItem("unusual day", MARK, "round")}
    </ul>`;
}

function colourOf(index: number): string {
  return COLOURS[Math.min(index, COLOURS.length - 1)] ?? INK;
}

function scaleOf(points: readonly Point[]): Scale {
  const sums = points.map(({ values }) => Object.values(values));
  const highest = Math.max(
    0,
    ...sums.map((it) => sumWhere(it, (usd) => usd > 0)),
  );
  const lowest = Math.min(
    0,
    ...sums.map((it) => sumWhere(it, (usd) => usd < 0)),
  );
  const ticks = ticksOf(lowest, highest);
  const bottom = ticks[0] ?? 0;
  const top = ticks.at(-1) ?? 1;
  const { width, height, left, right, top: above, bottom: below } = SIZE;
  const step = (width - left - right) / Math.max(1, points.length);
  const perUsd = (height - above - below) / (top - bottom);
  return {
    step,
    ticks,
    x: (index) => left + index * step,
    y: (usd) => above + (top - usd) * perUsd,
  };
}

function sumWhere(
  amounts: readonly number[],
  counts: (usd: number) => boolean,
): number {
  return amounts.filter(counts).reduce((sum, usd) => sum + usd, 0);
}

/** Round amounts from below the lowest to above the highest: steps of 1, 2 or 5 times a power of ten. */
function ticksOf(lowest: number, highest: number): readonly number[] {
  const span = highest - lowest || 1;
  const power = 10 ** Math.floor(Math.log10(span / TICKS_ABOUT));
  const step =
    [1, 2, 5, 10]
      .map((it) => it * power)
      .find((it) => span / it <= TICKS_ABOUT) ?? span;
  const first = Math.floor(lowest / step);
  const count = Math.max(1, Math.ceil(highest / step) - first);
  return Array.from({ length: count + 1 }, (_, at) => (first + at) * step);
}

function tick(usd: number, { y }: Scale): Html {
  const at = place(y(usd));
  return html`<line
      x1="${SIZE.left}"
      x2="${SIZE.width - SIZE.right}"
      y1="${at}"
      y2="${at}"
      stroke="${usd === 0 ? INK : RULE}"
      stroke-width="${usd === 0 ? 1 : 0.75}"
    /><text
      x="${SIZE.left - 8}"
      y="${place(y(usd) + 3.5)}"
      text-anchor="end"
      font-size="10"
      fill="${INK}"
      >${formatUsd(usd).replace(/\.00$/, "")}</text
    >`;
}

/** A day's amounts on one another, in the order of the series, and a mark above where it is unusual. */
function bar(
  chart: ReportChart,
  { day, values, anomaly }: Point,
  index: number,
  scale: Scale,
): Html {
  const x = scale.x(index) + (scale.step * (1 - BAR_SHARE)) / 2;
  const width = scale.step * BAR_SHARE;
  let up = 0;
  let down = 0;
  const boxes = chart.series.map((name, at) => {
    const usd = values[name] ?? 0;
    if (usd === 0) return null;
    const from = usd > 0 ? up : down;
    if (usd > 0) up += usd;
    else down += usd;
    const top = scale.y(Math.max(from, from + usd));
    const height = scale.y(Math.min(from, from + usd)) - top;
    return html`<rect
      x="${place(x)}"
      y="${place(top)}"
      width="${place(width)}"
      height="${place(height)}"
      fill="${colourOf(at)}"
      ><title>${`${dayWords(day)}, ${name}: ${formatUsd(usd)}`}</title></rect
    >`;
  });
  const mark = html`<circle
    cx="${place(x + width / 2)}"
    cy="${place(scale.y(up) - 8)}"
    r="4"
    fill="${MARK}"
    ><title>${`${dayWords(day)} is unusual`}</title></circle
  >`;
  return html`${boxes}${anomaly ? mark : null}`;
}

/** The first day and some evenly after it, as many as can be read beside one another. */
function dayNames(points: readonly Point[], scale: Scale): readonly Html[] {
  const every = Math.ceil(points.length / DAYS_NAMED_MAX);
  return points.flatMap(({ day }, index) =>
    index % every === 0
      ? [
          html`<text
            x="${place(scale.x(index) + scale.step / 2)}"
            y="${SIZE.height - 8}"
            text-anchor="middle"
            font-size="10"
            fill="${INK}"
            >${dayWords(day).slice(0, -5)}</text
          >`,
        ]
      : [],
  );
}

function legendItem(
  name: string,
  colour: string,
  shape: "square" | "round",
): Html {
  return html`<li>
    <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
      <rect
        width="10"
        height="10"
        rx="${shape === "round" ? 5 : 2}"
        fill="${colour}"
      /></svg
    >${name}
  </li>`;
}

/** A tenth of a unit is finer than any printer. */
function place(units: number): number {
  return Math.round(units * 10) / 10;
}
