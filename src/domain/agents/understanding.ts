/**
 * Reads a question: what is asked, about which time and things, in the light of the thread's earlier questions. Promises: pure and
 * explainable (a lexicon and a score, no guessing); what it does not understand it calls unknown and names the nearest questions.
 */
import type { Day } from "../costs/days.ts";
import type { PeriodSpec } from "../costs/periods.ts";
import type { Dimension } from "../model.ts";
import { limits } from "../limits.ts";
import type { Mention } from "../tools/parameters.ts";
import { EXAMPLES } from "./reading/lexicon.ts";
import type { Intent } from "./reading/lexicon.ts";
import { nearestQuestions } from "./reading/nearest.ts";
import { DECISIVE, score } from "./reading/scoring.ts";
import { readSlots } from "./reading/slots.ts";
import type { Slots } from "./reading/slots.ts";
import { readTime } from "./reading/times.ts";

export type Swap = { readonly from: string | null; readonly to: string | null };

export type Understanding = {
  readonly intent: Intent;
  readonly period: PeriodSpec;
  readonly group_by: Dimension | null;
  readonly mentions: readonly Mention[];
  /** Models as the question writes them, in its order. */
  readonly models: readonly string[];
  readonly swap: Swap | null;
  readonly percent: number | null;
  /** Whether the thread's earlier questions were needed to read this one. */
  readonly follow_up: boolean;
  /** For an unknown question: the nearest ones that are understood. */
  readonly nearest: readonly string[];
};

/** What the question says by itself. */
type Reading = {
  readonly intent: Intent;
  readonly score: number;
  readonly slots: Slots;
  readonly period: PeriodSpec | null;
  readonly text: string;
};

const FOLLOW_UP =
  /^(?:and|also|only|just|what about|how about|same|now|but|then|ok(?:ay)?|so|without|excluding|except|by|per|in|for|during|instead|why(?: is that| so| exactly)?\??$|since|until|split|group|break (?:it|that|this) down|show (?:it|that|this|me (?:that|it|this))|compare (?:it|that|this)|and by)\b/;

/** "Did last month's change work?" asks for before and after, not for that month. */
const CHANGE_OF_A_TIME =
  /\b(?:last|this|the previous|previous) (?:month|week|quarter) (?=(?:changes?|switch|move|migration|fix|optimi[sz]ations?|tuning)\b)/g;

/** `earlier` are the thread's questions, oldest first; `today` in the user's time zone, for dates without a year. */
export function understand(
  question: string,
  earlier: readonly string[],
  today: Day,
): Understanding {
  const before = earlier
    .slice(-limits.historyMessagesMax)
    .reduce<Understanding | null>(
      (previous, text) =>
        keepContext(interpret(text, previous, today), previous),
      null,
    );
  return interpret(question, before, today);
}

/** A question that was not about the data leaves the thread's subject as it was. */
function keepContext(
  next: Understanding,
  previous: Understanding | null,
): Understanding | null {
  return next.intent === "unknown" || next.intent === "help" ? previous : next;
}

function interpret(
  question: string,
  previous: Understanding | null,
  today: Day,
): Understanding {
  const reading = read(question, today);
  const followsUp = previous !== null && isFollowUp(reading);
  if (followsUp) return continued(reading, previous);
  return settled(reading, { follow_up: false, question });
}

function read(question: string, today: Day): Reading {
  const text = question
    .toLowerCase()
    .replace(/[’`]/g, "'")
    .replace(/\b(what|who|where|how|it|that|there)'s\b/g, "$1 is")
    .replace(/'s\b/g, "")
    .replace(CHANGE_OF_A_TIME, "")
    .replace(/[?!,;()]+/g, " ")
    .replace(/\.(?=\s|$)/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const time = readTime(text, today);
  const slots = readSlots(time.rest);
  return {
    text,
    period: time.period,
    slots,
    ...score(slots, time.period !== null),
  };
}

function isFollowUp(reading: Reading): boolean {
  const { slots, period } = reading;
  const hasSlot =
    period !== null ||
    slots.mentions.length > 0 ||
    slots.group_by !== null ||
    slots.percent !== null;
  if (FOLLOW_UP.test(reading.text))
    return hasSlot || reading.intent !== "unknown";
  return hasSlot && reading.score < DECISIVE;
}

/** The earlier question with what this one says in place of what it said. */
function continued(reading: Reading, previous: Understanding): Understanding {
  const { slots } = reading;
  const intent = continuedIntent(reading, previous);
  const changed = new Set(slots.mentions.map((mention) => mention.dimension));
  const swap =
    intent === "model_swap" ? continuedSwap(reading, previous) : null;
  return {
    intent,
    period: reading.period ?? previous.period,
    group_by:
      slots.group_by ?? (intent === previous.intent ? previous.group_by : null),
    mentions:
      intent === "model_swap"
        ? previous.mentions
        : [
            ...previous.mentions.filter(
              (mention) => !changed.has(mention.dimension),
            ),
            ...slots.mentions,
          ],
    models: slots.models.length > 0 ? slots.models : previous.models,
    swap,
    percent: slots.percent ?? previous.percent,
    follow_up: true,
    nearest: [],
  };
}

function continuedIntent(reading: Reading, previous: Understanding): Intent {
  const saysItself =
    reading.intent !== "unknown" &&
    reading.intent !== "overview" &&
    reading.score >= DECISIVE;
  if (saysItself) return reading.intent;
  return reading.slots.group_by === null ? previous.intent : "breakdown";
}

function continuedSwap(reading: Reading, previous: Understanding): Swap {
  const swap = readSwap(reading);
  if (previous.swap === null) return swap;
  return {
    from: swap.from ?? previous.swap.from,
    to: swap.to ?? previous.swap.to,
  };
}

function settled(
  reading: Reading,
  context: { readonly follow_up: boolean; readonly question: string },
): Understanding {
  const { intent, slots } = reading;
  const swap = intent === "model_swap" ? readSwap(reading) : null;
  const models = swap === null ? [] : swap.from === null ? [] : [swap.from];
  const others = slots.mentions.filter(
    (mention) => mention.dimension !== "model",
  );
  return {
    intent,
    period: reading.period ?? { kind: "latest" },
    group_by: slots.group_by,
    mentions:
      swap === null
        ? slots.mentions
        : [
            ...others,
            ...(models.length === 0
              ? []
              : [
                  {
                    dimension: "model" as const,
                    names: models,
                    exclude: false,
                  },
                ]),
          ],
    models: slots.models,
    swap,
    percent: slots.percent,
    follow_up: context.follow_up,
    nearest:
      intent === "unknown"
        ? nearestQuestions(
            context.question,
            EXAMPLES.map((example) => example.question),
          )
        : [],
  };
}

/** "X to Y", "X with Y", "Y instead of X"; one model alone is the one to move to, unless it is moved "from" or "off". */
function readSwap({ slots }: Reading): Swap {
  const [first = null, second = null] = slots.models;
  if (second !== null) {
    const reversed =
      /amodel (?:instead of|rather than|in place of|over) /.test(slots.rest) ||
      /\bto amodel (?:\S+ )?from amodel/.test(slots.rest);
    return reversed ? { from: second, to: first } : { from: first, to: second };
  }
  return /\b(?:from|off|away from|instead of|dropp?(?:ed|ing)?|replac(?:e|ed|ing)) (?:\S+ )?amodel/.test(
    slots.rest,
  )
    ? { from: first, to: null }
    : { from: null, to: first };
}
