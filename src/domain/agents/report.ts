/**
 * The report agent: writes the answer from what the others found and checks every figure against its source. Promises: an answer with
 * a figure that no tool produced is refused; the answer can be made from any prefix of finished steps.
 */
import type { Answer, Report, Step } from "../model.ts";
import { buildReport } from "./answer/build.ts";
import { unsourcedFigures } from "./answer/check.ts";
import { toMarkdown } from "./answer/markdown.ts";
import { materialOf } from "./answer/material.ts";
import type { Agent, AgentView } from "./definition.ts";

export const report: Agent = {
  name: "report",
  goal: "Write the answer and check every figure against its source",
  tools: [],
  think: (view) => {
    const calls = view.steps
      .flatMap((step) => step.calls)
      .filter((call) => call.success).length;
    return calls === 0
      ? "Writing an answer; it needs no figures."
      : `Writing the answer from ${calls} results and checking each figure against its source.`;
  },
  decide: (view) => {
    const material = materialOf(view, { timedOut: false });
    const built = buildReport(material);
    const [unsourced] = unsourcedFigures(built, view.steps);
    if (unsourced !== undefined) {
      return {
        kind: "fail",
        error: {
          code: "unsourced_figure",
          message: `No result holds the value of ${unsourced.where}.`,
        },
      };
    }
    return {
      kind: "finish",
      status: material.missing.length === 0 ? "completed" : "partial",
      summary: `Answered in ${built.sections.length} sections; ${built.figures.length} headline figures, each with its source.`,
      result: {
        intent: built.intent,
        sections: built.sections.map((section) => section.id),
        figures: built.figures.map((figure) => figure.id),
      },
    };
  },
};

/** The answer from whatever steps have finished; null before any has. A part with a figure that has no source is left out. */
export function answer(
  view: AgentView,
  ending: { readonly timedOut: boolean },
): Answer | null {
  if (view.steps.length === 0) return null;
  const material = materialOf(view, ending);
  const built = soundParts(buildReport(material), view.steps);
  return {
    content: toMarkdown(built),
    report: built,
    partial: ending.timedOut || material.missing.length > 0,
  };
}

function soundParts(built: Report, steps: readonly Step[]): Report {
  if (unsourcedFigures(built, steps).length === 0) return built;
  const isSound = (part: Pick<Report, "figures" | "sections">) =>
    unsourcedFigures({ ...built, ...part }, steps).length === 0;
  return {
    ...built,
    figures: built.figures.filter((figure) =>
      isSound({ figures: [figure], sections: [] }),
    ),
    sections: built.sections.filter((section) =>
      isSound({ figures: [], sections: [section] }),
    ),
  };
}
