/**
 * What the finished agents and their tools have brought, by tool and with the id of the call. Promises: only successful calls are
 * evidence; the one place where a stored result gets its type back, and a tool's name vouches for that.
 */
import type { Step, ToolCall } from "../model.ts";
import type { ToolName, ToolResults } from "../tools/index.ts";

export interface Found<Result> {
  /** The tool_call_id that figures cite. */
  readonly id: string;
  readonly result: Result;
}

export function findCalls<Name extends ToolName>(
  calls: readonly ToolCall[],
  name: Name,
): readonly Found<ToolResults[Name]>[] {
  return calls
    .filter(
      (call) => call.success && call.result !== null && call.tool_name === name,
    )
    .map((call) => ({
      id: call.tool_call_id,
      result: call.result as unknown as ToolResults[Name],
    }));
}

/** The last successful call of a tool; null without one. */
export function findCall<Name extends ToolName>(
  calls: readonly ToolCall[],
  name: Name,
  where: (result: ToolResults[Name]) => boolean = () => true,
): Found<ToolResults[Name]> | null {
  return findCalls(calls, name).findLast(({ result }) => where(result)) ?? null;
}

export function callsOf(steps: readonly Step[]): readonly ToolCall[] {
  return steps.flatMap((step) => step.calls);
}
