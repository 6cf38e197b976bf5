/** A run's report as lines for a terminal. Pure. Promises: times are milliseconds since the message was stored; causes are indented. */
import type { JsonObject } from "../domain/model.ts";
import type { RunReport, TimelineItem } from "../domain/runReport.ts";

export function reportText(report: RunReport): string {
  return [
    `Run ${report.run_id}: ${report.status}${report.error === null ? "" : ` (${report.error.code})`}`,
    `  user ${report.user_id}, thread ${report.thread_id}, message ${report.message_id}`,
    `  stored ${report.created_at}, started ${report.started_at ?? "not yet"}, ended ${report.ended_at ?? "not yet"}`,
    `  protocol ${report.protocol}`,
    "",
    `Attempts: ${report.attempt}`,
    ...report.attempts.map(
      (it) =>
        `  ${it.attempt}  ${it.at}  node ${it.node || "unnamed"}  ${it.version}`,
    ),
    "",
    `Timeline: ${report.timeline.length} events`,
    ...report.timeline.map(itemLine),
    "",
    `Errors: ${report.errors.length}`,
    ...report.errors.flatMap(errorLines),
  ].join("\n");
}

function itemLine(it: TimelineItem): string {
  const words = [
    `${it.offset_ms}`.padStart(8),
    "ms",
    `#${it.seq}`.padStart(5),
    it.attempt > 1 ? `(attempt ${it.attempt})` : "",
    it.agent,
    it.event,
    it.tool ?? "",
    it.status ?? "",
    it.error === null ? "" : `error ${it.error}`,
    it.duration_ms === null ? "" : `in ${it.duration_ms} ms`,
  ];
  return words.filter((word) => word !== "").join(" ");
}

function errorLines(it: RunReport["errors"][number]): string[] {
  const { cause, ...place } = it.detail as { cause?: JsonObject } & JsonObject;
  const where = Object.entries(place).map(([key, value]) => `${key} ${value}`);
  return [
    `  ${it.at}  ${it.kind}  attempt ${it.attempt}  node ${it.node || "unnamed"}  ${where.join(", ")}`,
    ...(cause === undefined ? [] : causeLines(cause, "    ")),
  ];
}

function causeLines(cause: JsonObject, indent: string): string[] {
  const { name, message, thrown, stack = [], carried, cause: next } = cause;
  return [
    `${indent}${thrown === undefined ? `${name}: ${message}` : `thrown: ${thrown}`}`,
    ...(carried === undefined
      ? []
      : [`${indent}  carried ${JSON.stringify(carried)}`]),
    ...(stack as readonly string[]).map((line) => `${indent}  ${line}`),
    ...(next === undefined
      ? []
      : [
          `${indent}caused by`,
          ...causeLines(next as JsonObject, `${indent}  `),
        ]),
  ];
}
