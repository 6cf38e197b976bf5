/**
 * Finds models, names of things, the dimension to group by and percentages in a question. Promises: what was read is replaced by a
 * placeholder, so that no word speaks twice; models come in the order of the text, written as lists of prices write them.
 */
import type { Mention } from "../../tools/parameters.ts";
import { limits } from "../../limits.ts";
import type { Dimension, NamedDimension } from "../../model.ts";

export type Slots = {
  readonly models: readonly string[];
  readonly mentions: readonly Mention[];
  readonly group_by: Dimension | null;
  readonly percent: number | null;
  /** The text with models as `amodel`, names as `aname`. */
  readonly rest: string;
};

const VERSION = "\\d{1,2}(?:[.-]\\d{1,2})?";
const TAIL = "(?:-[a-z0-9.]+)*";
const CLAUDE_SIZE = "(?:opus|sonnet|haiku|fable)";
/** Model names as people write them; only families that price lists know. */
const MODEL = new RegExp(
  [
    `gpt[- ]?\\d[a-z0-9.]*(?: (?:mini|nano|turbo|pro))?${TAIL}`,
    `(?:chatgpt|gpt-oss|text-embedding|codex)${TAIL}`,
    `4o(?:-mini| mini)?`,
    `o[134](?:[- ](?:mini|pro|preview))?${TAIL}`,
    `claude(?:[- ]${VERSION})?[- ]${CLAUDE_SIZE}(?:[- ]${VERSION})?${TAIL}`,
    `claude[- ]${VERSION}${TAIL}`,
    `${CLAUDE_SIZE}(?:[- ]${VERSION})?${TAIL}`,
    `gemini(?:[- ]${VERSION})?[- ](?:pro|flash(?:[- ]lite)?)${TAIL}`,
    `gemini-${VERSION}${TAIL}`,
    `(?:mistral|mixtral|ministral|codestral|magistral|devstral|llama|deepseek|grok|qwen|kimi|glm|nova)(?:[- ]?(?:large|medium|small|tiny|nano|lite|pro|chat|reasoner|fast|[vrk]?\\d[a-z0-9.]*))${TAIL}`,
    "(?:claude|gemini|gpt|mistral|llama|deepseek|grok|qwen)(?:-[a-z0-9.]+)*",
  ]
    .map((pattern) => `(?<![\\w-])${pattern}(?![\\w])`)
    .join("|"),
  "g",
);

const EXCLUDE =
  "(?:without|excluding|except(?: for)?|not counting|ignoring|other than|leaving out|minus)";
const NOUNS: readonly (readonly [NamedDimension, string])[] = [
  [
    "project",
    "projects?|teams?|workspaces?|apps?|applications?|services?(?! tiers?)",
  ],
  ["feature", "features?|endpoints?|use[- ]?cases?|products?|workloads?"],
  [
    "user",
    "users?|customers?|people|persons?|developers?|devs?|employees?|tenants?|colleagues?",
  ],
  ["api_key", "api[- ]?keys?"],
  ["tag", "tags?|labels?"],
  ["tier", "(?:service )?tiers?"],
  ["provider", "providers?|vendors?|suppliers?"],
  ["model", "models?|llms?"],
];
/** What a name may follow or precede; the others' names are words of their own. */
const CALLED_BY_NAME: readonly NamedDimension[] = [
  "project",
  "feature",
  "user",
  "api_key",
  "tag",
];
const PROVIDERS =
  "openai|anthropic|google|azure|aws|bedrock|mistral|groq|openrouter|together|fireworks|cohere|x-ai|perplexity|cerebras";
const GROUP_CUE =
  "(?:by|per|each|every|which|what|across|top(?: \\d+)?|for each|(?:biggest|largest|highest|most expensive|costliest|priciest|dearest)(?: \\d+)?|split|grouped|ranked?)";

/** `text` is in lower case with its time already taken out. */
export function readSlots(text: string): Slots {
  const named = readNames(text);
  const modelled = readModels(named.rest);
  const provided = readProviders(modelled.rest);
  const percent = readPercent(provided.rest);
  return {
    models: modelled.models.slice(0, limits.mentionsPerQuestionMax),
    mentions: [
      ...named.mentions,
      ...modelled.mentions,
      ...provided.mentions,
    ].slice(0, limits.mentionsPerQuestionMax),
    group_by: readDimension(provided.rest),
    percent,
    rest: provided.rest.replace(/\s+/g, " ").trim(),
  };
}

type Found = { readonly mentions: readonly Mention[]; readonly rest: string };

/** "project checkout", "the checkout project", "user 'ana b'", "ana@example.com". */
function readNames(text: string): Found {
  let rest = text;
  const mentions: Mention[] = [];
  const take = (pattern: string, dimension: NamedDimension) => {
    const match = new RegExp(
      `(${EXCLUDE} )?(?:the |my |our )?${pattern}`,
      "u",
    ).exec(rest);
    const name = match?.groups?.["quoted"] ?? match?.groups?.["plain"];
    if (match === null || name === undefined) return;
    if (isCommon(name) && !isLetterName(match, rest)) return;
    mentions.push({
      dimension,
      names: [name],
      exclude: match[1] !== undefined,
    });
    rest = rest.replace(match[0], " aname ");
  };
  for (const [dimension, nouns] of NOUNS.filter(([name]) =>
    CALLED_BY_NAME.includes(name),
  )) {
    const single = `(?:${nouns.replaceAll("s?", "")})`;
    take(
      `(?<![\\w-])${single}(?: called| named)? (?:["'“‘](?<quoted>[^"'”’]+)["'”’]|(?<plain>[\\p{L}\\d][\\w.@-]*))`,
      dimension,
    );
    take(
      `(?<=(?:the|in|for|of|on|to|without|excluding) )(?<plain>[a-z\\d][\\w.-]*) ${single}(?![\\w-])`,
      dimension,
    );
  }
  take("(?<plain>[\\w.+-]+@[\\w-]+\\.[\\w.-]+)", "user");
  return { mentions, rest };
}

/** "project A" at the end of a question: there the letter is a name and no article. */
function isLetterName(match: RegExpExecArray, text: string): boolean {
  return (
    /\ba$/.test(match[0]) &&
    match.index + match[0].length === text.trimEnd().length
  );
}

/** A word that follows or precedes a noun without being a name: "project costs", "the whole project". */
function isCommon(word: string): boolean {
  return /^(?:costs?|spend\w*|spent|usage|break\w*|split|and|or|by|per|is|are|was|were|has|have|the|a|an|in|on|for|of|to|with|do|does|did|that|this|which|who|what|most|more|bill|budget|total|whole|each|every|last|level|wise|burn\w*|use[ds]?|using|cause[ds]?|drove|drive[sn]?|make|made|should|could|can|would|over|under|from|during|since|data|name[sd]?|grew|grow|went|go|goes|get|gets|paying|pay|money|expensive|biggest|top|single|per-\w+|amodel|aname|please|now|again|too|instead|without|excluding|except|ignoring|minus|other|not|responsible|tiers?|request(?:s|ed)?|token\w*)$/.test(
    word,
  );
}

function readModels(
  text: string,
): Found & { readonly models: readonly string[] } {
  const models: string[] = [];
  const mentions: Mention[] = [];
  const rest = text.replace(MODEL, (found: string, ...args: unknown[]) => {
    const offset = args.find((arg) => typeof arg === "number") ?? 0;
    const before = text.slice(0, offset);
    models.push(modelName(found));
    mentions.push({
      dimension: "model",
      names: [modelName(found)],
      exclude: new RegExp(`${EXCLUDE} $`).test(before),
    });
    return "amodel";
  });
  return { models, mentions: mergeMentions(mentions), rest };
}

/** "gpt4o mini" is written gpt-4o-mini, "Claude Sonnet 4.5" claude-sonnet-4-5, "4o" gpt-4o. */
function modelName(text: string): string {
  const hyphened = text
    .trim()
    .replace(/\.$/, "")
    .replaceAll(" ", "-")
    .replace(/^gpt-?(?=\d)/, "gpt-")
    .replace(/^4o/, "gpt-4o");
  if (/^(?:opus|sonnet|haiku|fable)-\d/.test(hyphened))
    return `claude-${hyphened}`.replaceAll(".", "-");
  return hyphened.startsWith("claude")
    ? hyphened.replaceAll(".", "-")
    : hyphened;
}

function readProviders(text: string): Found {
  const match = new RegExp(
    `(${EXCLUDE} )?(?<![\\w-])(${PROVIDERS})(?![\\w-])(?! (?:csv|json|export|file|usage (?:csv|json|export|file)))`,
  ).exec(text);
  if (match === null || match[2] === undefined)
    return { mentions: [], rest: text };
  return {
    mentions: [
      {
        dimension: "provider",
        names: [match[2]],
        exclude: match[1] !== undefined,
      },
    ],
    rest: text,
  };
}

function readDimension(text: string): Dimension | null {
  if (
    /\b(?:daily|day by day|per day|each day|every day|by day|by date|per date|over time|(?:which|what) days?|(?:most expensive|costliest|biggest|top) days?)\b/.test(
      text,
    )
  )
    return "day";
  if (
    /\b(?:hourly|by hour|per hour|each hour|every hour|by the hour|hours? of (?:the )?day|(?:which|what) hours?|time of (?:the )?day)\b/.test(
      text,
    )
  )
    return "hour";
  for (const [dimension, nouns] of NOUNS) {
    const cued = `\\b${GROUP_CUE} (?:\\w+ )?(?:${nouns})\\b|\\b(?:${nouns}) (?:break ?down|split|ranking)\\b`;
    const plain = `(?<!\\b(?:our|my|the|llm|ai) )(?<!\\w)(?!llm)(?:${nouns}) (?:costs?|spend|usage)\\b`;
    if (new RegExp(`${cued}|${plain}`).test(text)) return dimension;
  }
  return /\bwho(?:'s| is)? (?:\w+ )?(?:spend|spent|us|burn|cost|responsible|drove|the biggest)/.test(
    text,
  )
    ? "user"
    : null;
}

function readPercent(text: string): number | null {
  const digits = /(\d{1,3}(?:\.\d+)?) ?(?:%|percent|pct)/.exec(text)?.[1];
  if (digits !== undefined)
    return Number(digits) <= 100 ? Number(digits) : null;
  if (/\bhalf\b/.test(text)) return 50;
  if (/\ba quarter of\b/.test(text)) return 25;
  return null;
}

/** Names of one dimension in one mention: any of them counts. */
function mergeMentions(mentions: readonly Mention[]): readonly Mention[] {
  return [...Map.groupBy(mentions, (mention) => mention.exclude)].flatMap(
    ([exclude, group]) =>
      group[0] === undefined
        ? []
        : [
            {
              ...group[0],
              exclude,
              names: [
                ...new Set(group.flatMap((mention) => mention.names)),
              ].slice(0, limits.mentionsPerQuestionMax),
            },
          ],
  );
}
