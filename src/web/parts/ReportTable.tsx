/** One table of a report: numbers to the right, in their units, in a region that scrolls by keyboard too. */
import type { ReportTable as Table, Unit } from "../../domain/model.ts";
import { formatNamed } from "../state/format.ts";
import type { ShowSource } from "./Report.tsx";

const isNumeric = (unit: Unit) => unit !== "text" && unit !== "date";

export function ReportTable(props: {
  readonly table: Table;
  readonly onSource: ShowSource;
}) {
  const { table, onSource } = props;
  return (
    <figure className="report-table">
      <figcaption>
        <span>{table.title}</span>
        <SourceButton
          source={table.source}
          label={table.title}
          onSource={onSource}
        />
      </figcaption>
      <div
        className="scroll-x"
        role="region"
        aria-label={table.title}
        tabIndex={0}
      >
        <table>
          <thead>
            <tr>
              {table.columns.map(({ key, label, unit }) => (
                <th key={key} scope="col" className={alignment(unit)}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, i) => (
              <tr key={i}>
                {table.columns.map(({ key, unit }) => (
                  <td key={key} className={alignment(unit)}>
                    {formatNamed(key, row[key] ?? null, unit)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

export function SourceButton(props: {
  readonly source: string;
  readonly label: string;
  readonly onSource: ShowSource;
}) {
  return (
    <button
      className="quiet small"
      aria-label={`Source of ${props.label}`}
      onClick={() => props.onSource(props.source, props.label)}
    >
      source
    </button>
  );
}

function alignment(unit: Unit): string {
  return isNumeric(unit) ? "number" : "";
}
