/** Ways to save: the range a month, what it assumes, the effort, and how to check it. */
import type { Saving } from "../../domain/model.ts";
import { formatValue } from "../state/format.ts";
import type { ShowSource } from "./Report.tsx";
import { SourceButton } from "./ReportTable.tsx";

export function Savings(props: {
  readonly savings: readonly Saving[];
  readonly onSource: ShowSource;
}) {
  return (
    <ul className="savings">
      {props.savings.map((saving) => (
        <li key={saving.id} className="saving">
          <div className="saving-head">
            <h3>{saving.title}</h3>
            <strong className="saving-range">{rangeOf(saving)}</strong>
          </div>
          <p>{saving.assumption}</p>
          <p className="saving-foot">
            <span className="badge">{saving.effort} effort</span>
            <span>touches {dollars(saving, saving.affected_usd)} a month</span>
            <SourceButton
              source={saving.source}
              label={saving.title}
              onSource={props.onSource}
            />
          </p>
          <p className="saving-verify">Risk: {saving.risk}</p>
          <p className="saving-verify">To check: {saving.verify}</p>
        </li>
      ))}
    </ul>
  );
}

const dollars = ({ unit }: Saving, usd: number) =>
  formatValue(usd, unit ?? "usd");

function rangeOf(saving: Saving): string {
  const low = dollars(saving, saving.low_usd);
  const high = dollars(saving, saving.high_usd);
  return low === high ? `${low} a month` : `${low} – ${high} a month`;
}
