/** The structured report of a cost answer: headline figures, then its sections with chart, tables and savings, each with its source. */
import { lazy, memo, Suspense } from "react";
import type { Figure, Report, ReportSection } from "../../domain/model.ts";
import { formatNamed, formatPeriod } from "../state/format.ts";
import { Markdown } from "./Markdown.tsx";
import { ReportTable } from "./ReportTable.tsx";
import { Savings } from "./Savings.tsx";

const SpendChart = lazy(() => import("./SpendChart.tsx"));

/** Shows the tool call that a value came from. */
export type ShowSource = (callId: string, label: string) => void;

interface Props {
  readonly report: Report;
  readonly onSource: ShowSource;
}

export const ReportView = memo(function ReportView(props: Props) {
  const { report, onSource } = props;
  return (
    <div className="report">
      <Basis report={report} />
      {report.figures.length > 0 && (
        <ul className="figures">
          {report.figures.map((figure) => (
            <li key={figure.id}>
              <FigureButton figure={figure} onSource={onSource} />
            </li>
          ))}
        </ul>
      )}
      {report.sections.map((section) => (
        <Section key={section.id} section={section} onSource={onSource} />
      ))}
    </div>
  );
});

/** What the numbers rest on. */
function Basis({ report }: { readonly report: Report }) {
  const { period, compared_with, time_zone, price_date } = report;
  const parts = [
    period && formatPeriod(period, time_zone),
    compared_with && `against ${formatPeriod(compared_with, time_zone)}`,
    period && `days in ${time_zone}`,
    price_date && `list prices of ${price_date}`,
  ].filter((part) => part !== null);
  return (
    <p className="basis">
      {report.sample && <span className="badge sample">sample</span>}
      {parts.join(" · ")}
    </p>
  );
}

function FigureButton(props: {
  readonly figure: Figure;
  readonly onSource: ShowSource;
}) {
  const { id, label, value, unit, note, source } = props.figure;
  return (
    <button
      className="figure"
      data-figure={id}
      title="Show where this number comes from"
      onClick={() => props.onSource(source, label)}
    >
      <span className="figure-label">{label}</span>
      <span className="figure-value">{formatNamed(id, value, unit)}</span>
      {note !== null && <span className="figure-note">{note}</span>}
    </button>
  );
}

function Section(props: {
  readonly section: ReportSection;
  readonly onSource: ShowSource;
}) {
  const { section, onSource } = props;
  return (
    <section className="report-section">
      <h2>{section.title}</h2>
      <Markdown text={proseOf(section)} />
      {section.chart !== null && (
        <Suspense fallback={<div className="chart-frame" aria-busy="true" />}>
          <SpendChart chart={section.chart} onSource={onSource} />
        </Suspense>
      )}
      {section.tables.map((table) => (
        <ReportTable key={table.title} table={table} onSource={onSource} />
      ))}
      {section.savings.length > 0 && (
        <Savings savings={section.savings} onSource={onSource} />
      )}
    </section>
  );
}

/** Sections whose paragraphs are points of a list. */
const LISTED: ReadonlySet<ReportSection["id"]> = new Set(["quality", "next"]);

function proseOf({ id, paragraphs }: ReportSection): string {
  return LISTED.has(id)
    ? paragraphs.map((text) => `- ${text}`).join("\n")
    : paragraphs.join("\n\n");
}
