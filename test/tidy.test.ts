/**
 * Keeps the shape of the code honest: rooms and the direction of imports between them, size, header comments, leftovers. Promises: a
 * problem is named with its file. The length of functions and the ban of `any` are oxlint's (.oxlintrc.json).
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, test } from "vitest";

const LINES_MAX = 250;
/** Tables, not code: the phrasings with their expected readings. */
const TABLES = ["test/domain/agents/corpus.ts"];

interface Room {
  /** Other rooms or single files it may import. */
  readonly rooms: readonly string[];
  /** Files whose types alone it may import. */
  readonly types: readonly string[];
  /** Packages it may import; "*" is any, node's own included. */
  readonly packages: readonly string[];
}

const CONTRACT = ["src/domain/protocol.ts", "src/domain/model.ts"];
const ROOMS: Record<string, Room> = {
  machines: { rooms: [], types: [], packages: ["xstate"] },
  "src/domain": {
    rooms: ["machines"],
    types: [],
    packages: ["effect", "xstate", "simple-statistics", "uuid"],
  },
  "src/adapters": {
    rooms: ["machines", "src/domain"],
    types: [],
    packages: ["*"],
  },
  "src/app": {
    rooms: ["machines", "src/domain", "src/adapters"],
    types: [],
    packages: ["*"],
  },
  "src/client": {
    rooms: ["machines/client.ts"],
    types: CONTRACT,
    packages: ["xstate"],
  },
  "src/web": {
    rooms: ["src/client"],
    types: CONTRACT,
    packages: [
      "react",
      "react-dom",
      "react-markdown",
      "recharts",
      "remark-gfm",
      "use-stick-to-bottom",
    ],
  },
  "docs/examples": { rooms: ["src"], types: [], packages: ["*"] },
  test: { rooms: ["machines", "src", "docs"], types: [], packages: ["*"] },
};

const LEFTOVERS: readonly (readonly [RegExp, string])[] = [
  [new RegExp("\\b(?:FIX" + "ME|TO" + "DO|X" + "XX)\\b"), "an open end"],
  [/\.(?:only|todo)\(/, "a test that is alone or unwritten"],
  [/@ts-(?:ignore|expect-error|nocheck)/, "a silenced type error"],
  [/(?:oxlint|eslint)-disable/, "a silenced lint rule"],
  [/["'`]\/(?:work|home|root|Users)\//, "a path of one machine"],
];

interface Source {
  readonly path: string;
  readonly room: string;
  readonly text: string;
}

const root = resolve(import.meta.dirname, "..");
const roomNames = Object.keys(ROOMS);
const sources = ["machines", "src", "docs", "test"].flatMap(readSources);

function readSources(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => toPosix(join(folder, name)))
    .map((path) => ({
      path,
      room: roomNames.find((it) => path.startsWith(`${it}/`)) ?? "none",
      text: readFileSync(join(root, path), "utf8"),
    }));
}

function toPosix(path: string): string {
  return path.split(sep).join("/");
}

test.each(sources)("$path is tidy", (source) => {
  expect([
    ...sizeProblems(source),
    ...leftoverProblems(source),
    ...importsOf(source.text).flatMap((it) => importProblems(source, it)),
    ...purityProblems(source),
  ]).toEqual([]);
});

function sizeProblems({ path, room, text }: Source): string[] {
  const problems: string[] = [];
  const lines = text.trimEnd().split("\n").length;
  if (lines > LINES_MAX && !TABLES.includes(path))
    problems.push(`${lines} lines, over ${LINES_MAX}`);
  if (!text.startsWith("/**")) problems.push("no header comment");
  if (room === "none") problems.push("in no room");
  return problems;
}

function leftoverProblems({ text }: Source): string[] {
  return LEFTOVERS.filter(([pattern]) => pattern.test(text)).map(
    ([pattern, name]) => `${name}: ${pattern.exec(text)?.[0]}`,
  );
}

/** The domain and the machines know no process and no node; nothing of ours prints by the way. */
function purityProblems({ path, room, text }: Source): string[] {
  const problems: string[] = [];
  const pure = room === "machines" || room === "src/domain";
  if (pure && /\b(?:process|globalThis|Buffer)\./.test(text))
    problems.push("names what only a process has");
  if (/^(?:machines|src)\//.test(path) && /\bconsole\./.test(text))
    problems.push("writes to the console");
  return problems;
}

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

const STATEMENT =
  /^(?:import|export)\s(?<what>[^;]*?)from\s*["'](?<from>[^"']+)["']/gm;
const BARE = /^import\s*["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"']+)["']/g;

function importsOf(text: string): Import[] {
  const statements = [...text.matchAll(STATEMENT)].map(({ groups }) => ({
    target: groups!["from"]!,
    typeOnly: /^type\s/.test(groups!["what"]!),
  }));
  const others = [BARE, DYNAMIC].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((it) => ({
      target: it[1]!,
      typeOnly: false,
    })),
  );
  return [...statements, ...others];
}

function importProblems({ path, room }: Source, it: Import): string[] {
  const allowed = ROOMS[room];
  if (allowed === undefined) return [];
  if (!it.target.startsWith(".")) return packageProblems(room, allowed, it);
  const target = toPosix(
    relative(root, resolve(root, dirname(path), it.target)),
  );
  const open = it.typeOnly
    ? [room, ...allowed.rooms, ...allowed.types]
    : [room, ...allowed.rooms];
  if (open.some((one) => target === one || target.startsWith(`${one}/`)))
    return [];
  return [`${room} may not import ${target}${it.typeOnly ? " as types" : ""}`];
}

function packageProblems(room: string, allowed: Room, it: Import): string[] {
  const parts = it.target.split("/");
  const name = it.target.startsWith("@")
    ? parts.slice(0, 2).join("/")
    : parts[0]!;
  return allowed.packages.includes("*") || allowed.packages.includes(name)
    ? []
    : [`${room} may not import ${it.target}`];
}

describe("the checks can fail", () => {
  const source = (path: string, text: string): Source => ({
    path,
    text,
    room: roomNames.find((it) => path.startsWith(`${it}/`)) ?? "none",
  });
  const problems = (path: string, text: string) => {
    const it = source(path, text);
    return importsOf(text).flatMap((one) => importProblems(it, one));
  };

  test.each([
    ["machines/x.ts", `import { a } from "../src/domain/a.ts";`],
    ["machines/x.ts", `import { Effect } from "effect";`],
    ["src/domain/x.ts", `import {\n  a,\n  b,\n} from "node:fs";`],
    ["src/domain/x.ts", `import type { A } from "../adapters/a.ts";`],
    ["src/domain/x.ts", `const a = await import("pg");`],
    ["src/adapters/x.ts", `export { a } from "../app/a.ts";`],
    ["src/client/x.ts", `import { a } from "../domain/protocol.ts";`],
    ["src/client/x.ts", `import type { A } from "../domain/ports.ts";`],
    ["src/web/x.ts", `import "effect";`],
    ["src/web/parts/x.ts", `import { a } from "../../../machines/client.ts";`],
  ])("%s may not say %s", (path, text) => {
    expect(problems(path, text)).toHaveLength(1);
  });

  test.each([
    ["src/domain/a/x.ts", `import { a } from "../../../machines/a.ts";`],
    ["src/client/x.ts", `import type { A } from "../domain/protocol.ts";`],
    ["src/adapters/x.ts", `import { a } from "node:fs";`],
    ["src/web/parts/x.ts", `import { a } from "../../client/index.ts";`],
  ])("%s may say %s", (path, text) => {
    expect(problems(path, text)).toEqual([]);
  });

  test("size, header, leftovers and purity are seen", () => {
    const long = source("src/domain/x.ts", "a\n".repeat(LINES_MAX + 1));
    expect(sizeProblems(long)).toHaveLength(2);
    const left = source("src/domain/x.ts", "/** */ // FIX" + "ME process.env");
    expect(leftoverProblems(left)).toHaveLength(1);
    expect(purityProblems(left)).toHaveLength(1);
  });
});
