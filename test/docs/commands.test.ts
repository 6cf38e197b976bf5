/** Every `npm run …` that a document, a comment or a workflow tells people to type is a script of package.json, and each script's file exists. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const { scripts } = JSON.parse(
  readFileSync(join(ROOT, "package.json"), "utf8"),
) as { scripts: Record<string, string> };

/** Where people are told what to type. */
const PLACES = ["*.md", "docs/**/*.md", "{src,test,.github}/**/*.{ts,yml}"];

const told = globSync(PLACES, { cwd: ROOT })
  .flatMap((it) =>
    readFileSync(join(ROOT, it), "utf8").match(/npm run (-s )?[a-z]+/g),
  )
  .flatMap((it) => it?.split(" ").at(-1) ?? []);

test.each([...new Set(told)].toSorted())("npm run %s is a command", (name) => {
  expect(scripts).toHaveProperty(name);
});

test.each(Object.entries(scripts))("%s runs files that exist", (_, line) => {
  const files = line.match(/\b(?:src|test)\/[\w/.]+\.ts\b/g) ?? [];
  expect(files.filter((it) => !existsSync(join(ROOT, it)))).toEqual([]);
});
