/** Stacked spend per day with unusual days marked, as SVG in the theme's colours; the same data as a table below. Loaded on demand. */
import {
  Bar,
  BarChart,
  CartesianGrid,
  ReferenceDot,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import type { ReportChart, ReportTable as Table } from "../../domain/model.ts";
import { formatUsd, formatUsdTick } from "../state/format.ts";
import type { ShowSource } from "./Report.tsx";
import { ReportTable, SourceButton } from "./ReportTable.tsx";

/** Colours in styles/base.css; further series share the last. */
const COLOURS = 6;
const HEIGHT_PX = 220;
type Point = ReportChart["points"][number];

export default function SpendChart(props: {
  readonly chart: ReportChart;
  readonly onSource: ShowSource;
}) {
  const { chart, onSource } = props;
  return (
    <figure className="chart">
      <figcaption>
        <span>{chart.title}</span>
        <SourceButton
          source={chart.source}
          label={chart.title}
          onSource={onSource}
        />
      </figcaption>
      <div className="chart-frame">
        <ResponsiveContainer width="100%" height={HEIGHT_PX}>
          {bars(chart)}
        </ResponsiveContainer>
      </div>
      <Legend chart={chart} />
      <details className="chart-data">
        <summary>Show data as a table</summary>
        <ReportTable table={toTable(chart)} onSource={onSource} />
      </details>
    </figure>
  );
}

function bars(chart: ReportChart) {
  return (
    <BarChart
      data={[...chart.points]}
      margin={{ top: 12, right: 4, bottom: 0, left: 0 }}
      barCategoryGap="18%"
      accessibilityLayer
      title={chart.title}
    >
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis
        dataKey="day"
        tickFormatter={shortDay}
        tickLine={false}
        axisLine={{ stroke: "var(--line-strong)" }}
        minTickGap={28}
      />
      <YAxis
        tickFormatter={formatUsdTick}
        tickLine={false}
        axisLine={false}
        width={64}
      />
      <Tooltip
        cursor={{ fill: "var(--hover)" }}
        content={({ active, payload }) =>
          active ? <DayTip point={payload[0]?.payload as Point} /> : null
        }
      />
      {chart.series.map((name, i) => (
        <Bar
          key={name}
          name={name}
          dataKey={(point: Point) => point.values[name] ?? 0}
          stackId="spend"
          fill={colourOf(i)}
          isAnimationActive={false}
        />
      ))}
      {chart.points
        .filter((point) => point.anomaly)
        .map((point) => (
          <ReferenceDot
            key={point.day}
            x={point.day}
            y={totalOf(point)}
            r={4}
            fill="var(--bad)"
            stroke="var(--surface)"
          />
        ))}
    </BarChart>
  );
}

function DayTip({ point }: { readonly point: Point | undefined }) {
  if (point === undefined) return null;
  return (
    <div className="chart-tip">
      <strong>
        {point.day}: {formatUsd(totalOf(point))}
      </strong>
      {point.anomaly && <span className="bad">unusual day</span>}
      {Object.entries(point.values).map(([name, value]) => (
        <span key={name}>
          {name}: {formatUsd(value)}
        </span>
      ))}
    </div>
  );
}

function Legend({ chart }: { readonly chart: ReportChart }) {
  return (
    <ul className="legend">
      {chart.series.map((name, i) => (
        <li key={name}>
          <span className="swatch" style={{ background: colourOf(i) }} />
          {name}
        </li>
      ))}
      {chart.points.some((point) => point.anomaly) && (
        <li>
          <span className="swatch dot" />
          unusual day
        </li>
      )}
    </ul>
  );
}

function colourOf(index: number): string {
  return `var(--series-${Math.min(index, COLOURS - 1) + 1})`;
}

function totalOf(point: Point): number {
  return Object.values(point.values).reduce((sum, value) => sum + value, 0);
}

/** "2026-10-07" as "Oct 7"; the day is already one of the user's zone. */
function shortDay(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString("en-US", {
    month: "short",
    day: "numeric",
    timeZone: "UTC",
  });
}

function toTable(chart: ReportChart): Table {
  return {
    title: `${chart.title}, as data`,
    source: chart.source,
    columns: [
      { key: "day", label: "Day", unit: "date" },
      ...chart.series.map((name, i) => ({
        key: `series${i}`,
        label: name,
        unit: "usd" as const,
      })),
      { key: "unusual", label: "Unusual", unit: "text" },
    ],
    rows: chart.points.map((point) => ({
      day: point.day,
      ...Object.fromEntries(
        chart.series.map((name, i) => [`series${i}`, point.values[name] ?? 0]),
      ),
      unusual: point.anomaly ? "yes" : "",
    })),
  };
}
