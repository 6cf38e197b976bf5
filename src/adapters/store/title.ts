/** What a new thread is called until its user names it. */
import { limits } from "../../domain/limits.ts";

/** The first line of the first message, cut at a whole character. */
export function titleOf(text: string): string {
  const line = text.trim().split("\n", 1)[0]!.trim();
  const characters = [...line];
  if (characters.length <= limits.titleCharactersMax) return line || "Untitled";
  return `${characters.slice(0, limits.titleCharactersMax - 1).join("")}…`;
}
