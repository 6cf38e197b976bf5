/** The values of a chart as a table, for formats and readers that have no use for a drawing. Promises: every value of every day is there. */
import type { ReportChart, ReportTable } from "../model.ts";

export function chartTable(chart: ReportChart): ReportTable {
  const columnKey = (index: number) => `series${index}`;
  return {
    title: chart.title,
    source: chart.source,
    columns: [
      { key: "day", label: "Day", unit: "date" },
      ...chart.series.map((label, index) => ({
        key: columnKey(index),
        label,
        unit: "usd" as const,
      })),
      { key: "what", label: "Unusual", unit: "text" },
    ],
    rows: chart.points.map(({ day, values, anomaly }) => ({
      day,
      ...Object.fromEntries(
        chart.series.map((name, index) => [
          columnKey(index),
          values[name] ?? null,
        ]),
      ),
      what: anomaly ? "unusual" : "",
    })),
  };
}
