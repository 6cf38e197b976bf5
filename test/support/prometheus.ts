/**
 * Reads Prometheus' text format (version 0.0.4) strictly. Promises: a line that is not of the format, a sample outside its family or a series
 * that comes twice is an error.
 */

export interface Family {
  readonly type: string;
  readonly help: string | null;
  /** By series as it is written, labels in the order they came. */
  readonly samples: Map<string, number>;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/;
const SUFFIXES: Record<string, readonly string[]> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the text ends without a newline");
  const families = new Map<string, Family>();
  let help: readonly [string, string] | null = null;
  let name = "";
  for (const line of text.trimEnd().split("\n")) {
    const [, kind, of = "", rest = ""] =
      /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === "HELP") help = [of, rest];
    else if (kind === "TYPE") {
      if (!NAME.test(of) || SUFFIXES[rest] === undefined || families.has(of))
        throw new Error(`not a new family: ${line}`);
      name = of;
      const told = help?.[0] === of ? help[1] : null;
      families.set(of, { type: rest, help: told, samples: new Map() });
    } else addSample(families.get(name), name, line);
  }
  return families;
}

function addSample(family: Family | undefined, name: string, line: string) {
  const [, series = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
  const fits = SUFFIXES[family?.type ?? ""]?.some(
    (it) => series === `${name}${it}`,
  );
  if (family === undefined || fits !== true)
    throw new Error(`not a sample of ${name}: ${line}`);
  const key = series + labels;
  if (family.samples.has(key)) throw new Error(`twice: ${key}`);
  const number = value === "+Inf" ? Infinity : Number(value);
  if (Number.isNaN(number)) throw new Error(`not a number: ${line}`);
  family.samples.set(key, number);
}

/** All metrics of a node, by series. */
export class Metrics {
  readonly families: Map<string, Family>;

  constructor(text: string) {
    this.families = parsePrometheus(text);
  }

  static async of(url: string): Promise<Metrics> {
    return new Metrics(await (await fetch(`${url}/metrics`)).text());
  }

  /** A series' value; 0 where it has not been counted yet. */
  value(series: string): number {
    const name = series.replace(/\{.*$/, "");
    const family =
      this.families.get(name) ??
      this.families.get(name.replace(/_(bucket|sum|count)$/, ""));
    return family?.samples.get(series) ?? 0;
  }
}
