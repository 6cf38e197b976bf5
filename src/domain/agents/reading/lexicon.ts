/**
 * The analyst's vocabulary: what it can be asked, an example question for each, and the words that speak for one or another. Promises:
 * plain data; a word's weight is the same whatever stands around it, so every reading can be explained from this page.
 */

export const INTENTS = [
  "overview",
  "breakdown",
  "trend",
  "anomalies",
  "forecast",
  "savings",
  "model_swap",
  "caching",
  "batch",
  "prices",
  "quality",
  "import",
  "help",
  "unknown",
] as const;
export type Intent = (typeof INTENTS)[number];

/** Questions the analyst is sure to understand, by intent; what it suggests when it did not. */
export const EXAMPLES: readonly {
  readonly intent: Intent;
  readonly question: string;
}[] = [
  { intent: "overview", question: "Analyze my AI costs" },
  { intent: "breakdown", question: "Which model costs the most?" },
  { intent: "breakdown", question: "Show spend by project" },
  { intent: "breakdown", question: "Show spend by user" },
  { intent: "breakdown", question: "Show spend by day" },
  { intent: "breakdown", question: "How much did we spend last month?" },
  {
    intent: "trend",
    question: "What changed compared with the period before?",
  },
  { intent: "anomalies", question: "Were there any unusual days?" },
  { intent: "forecast", question: "What will this month cost?" },
  { intent: "forecast", question: "Will we stay within budget?" },
  { intent: "savings", question: "How can I cut my costs?" },
  { intent: "model_swap", question: "What if we moved gpt-4o to gpt-4o-mini?" },
  { intent: "caching", question: "Is prompt caching paying off?" },
  { intent: "batch", question: "What could run in the batch tier?" },
  { intent: "prices", question: "What is the price of gpt-4o?" },
  { intent: "quality", question: "How complete is my data?" },
  { intent: "import", question: "How do I import my usage data?" },
];

const UNIT_COST =
  "(?:what|how much) (?:does|do|is|would) (?:a|an|one|each|every|our|the) (?:\\w+ )?(?:request|call)s? costs?|costs? (?:of|per|for) (?:a |an |one |each |every )?(?:\\w+ )?(?:request|call)s?|(?:dearest|median|average) (?:request|call)s?";

/** Whether a question in lower case asks what a single request costs. */
export const asksOfRequests = (text: string): boolean =>
  new RegExp(`\\b(?:${UNIT_COST})\\b`).test(text);

/** Stems as regular expressions on whole words; `weight` 3 decides alone, 1 only together with others. */
export const LEXICON: readonly {
  readonly intent: Intent;
  readonly weight: number;
  readonly words: RegExp;
}[] = [
  entry(
    "overview",
    3,
    "analy[sz]e|analy[sz]ing|analysis|overview|summary|summar(?:ize|ise)|audit|review|dashboard|health check|big picture|state of",
  ),
  entry(
    "overview",
    2,
    "report|how (?:are|is|do|does) (?:we|i|my|our|things|it)(?: \\w+)* (?:doing|look|looking)|tell me about|walk me through|deep dive|insights?",
  ),
  entry(
    "breakdown",
    3,
    "break ?down|split|group(?:ed)? by|biggest|largest|highest|most expensive|dearest|costliest|priciest|rank(?:ed|ing)?|burns?|top \\d+|heaviest",
  ),
  entry(
    "breakdown",
    5,
    "where (?:is|does|do|did)(?: \\w+){0,4} (?:go|going|spend|spent)",
  ),
  entry(
    "breakdown",
    3,
    "(?:money|spend|dollars?|costs?)(?: \\w+)? (?:go|going|goes|went)|how many (?:tokens|requests|calls)",
  ),
  entry(
    "breakdown",
    3,
    "how much (?:(?:money|has|have|did|do|does|was|is|are|were) )?(?:we |i |us |you |my |our |the |was |been |aname |amodel )*(?:spen[dt]\\w*|costs?|pay(?:ing)?|paid|bill|use[ds]?|burn\\w*)",
  ),
  entry(
    "breakdown",
    2,
    "top|costs? (?:the )?most|most|distribution|share|total|average|on average|per request|per call|unit costs?|what did|who|responsible",
  ),
  entry("breakdown", 5, UNIT_COST),
  entry("trend", 3, "what (?:is |has |have )?changed|why"),
  entry(
    "trend",
    4,
    "(?:did|has|have|is|was)(?: \\w+){0,4} (?:change|switch|move|migration|fix|optimi[sz]ation|tuning)s?(?: \\w+)? (?:work(?:ed|ing)?|help(?:ed)?|paid off|pay off|worth)",
  ),
  entry(
    "trend",
    3,
    "changed?|changes|compare[ds]?|comparison|comparing|versus|vs|trends?|increas\\w+|decreas\\w+|(?:went|gone|go|going) (?:up|down)|gr[eo]w\\w*|growth|ris(?:e|es|ing|en)|rose|jump\\w*|shot up|doubled|tripled|climb\\w*|higher|lower than|more than|less than|differ\\w*|week over week|month over month|wow|mom|drop(?:ped)?|fell|up or down|why",
  ),
  entry(
    "anomalies",
    4,
    "anomal\\w+|spik\\w+|unusual\\w*|outliers?|odd|weird|strange|abnormal\\w*|unexpected\\w*|suspicious|surge\\w*|irregular\\w*|out of the ordinary|stands? out|runaway|blew up|went wrong",
  ),
  entry(
    "forecast",
    4,
    "forecast\\w*|predict\\w*|projected|projection|extrapolat\\w+|budgets?|run rate|burn rate|in future|at this rate|on track|over budget|run out|annuali[sz]ed|will (?:we|i|it|this|that|the|my|our|cost|be)|going to (?:spend|cost|pay|be)|expect(?:ed)?|end up|outlook|estimated? (?:bill|spend|cost)",
  ),
  entry(
    "savings",
    4,
    "sav(?:e|es|ing|ings)|reduc\\w+|cut(?:ting)?|lower(?:ing)? (?:my|our|the|this|costs?|spend\\w*|bills?)|optimi[sz]\\w+|cheaper|waste\\w*|wasting|inefficien\\w+|efficien\\w+|recommend\\w*|bring (?:it|costs?|this|spend|the bill|our bill|my bill) down|trim|shrink|spend less|pay less|cost less|overpay\\w*|overspend\\w*|low hanging|tips|advice|what should (?:we|i) (?:do|change)",
  ),
  entry(
    "model_swap",
    4,
    "(?:swap|switch|migrat|downgrad|replac|mov)(?:e|ed|es|ing|ping|ped|ching|ched)? (?:\\S+ )*?amodel|instead of amodel|amodel instead|what if (?:\\S+ )*?amodel|(?:ran|run|used|use) (?:\\S+ )*?(?:on|with) amodel|use amodel|(?:cost|be) (?:on|with|using) amodel",
  ),
  entry(
    "model_swap",
    4,
    "(?:smaller|cheaper|different|other|another) models?|model swaps?|(?:switch|swap|chang|downgrad)(?:e|ing|ping)? (?:\\w+ )?models?",
  ),
  entry("caching", 5, "cach(?:e|es|ed|ing|eable)|hit rate|prompt reuse"),
  entry(
    "batch",
    5,
    "batch\\w*|async\\w*|overnight|can wait|could wait|off[- ]?peak|not urgent|non[- ]?urgent|deferred|latency tolerant",
  ),
  entry(
    "prices",
    4,
    "how expensive (?:is|are) (?:amodel ?)+|prices?|pricing|priced|price ?list|rate card|list price|per (?:1m|million|1k|thousand|m)(?: (?:input |output )?tokens?)?|per token|(?:how much|what) (?:does|do|is|are) (?:amodel(?: (?:and|or))? ?)+(?:costs?)?$",
  ),
  entry(
    "quality",
    4,
    "data quality|quality of|coverage|complete\\w*|incomplete|missing|unpriced|accura\\w+|trust\\w*|reliab\\w+|invoices?|estimates?|what data|which data|how (?:much|many|old|fresh|recent) (?:data|days|records|rows|is)|up to date|gaps?|billed|real (?:numbers?|data)|sample data\\?|do you have|list prices? or",
  ),
  entry(
    "import",
    5,
    "import\\w*|upload\\w*|load|ingest\\w*|connect|csv|json|files?|formats?|(?:add|bring|get|put|feed|send|give)(?: you)?(?: \\w+){0,2} (?:data|usage|logs|export)|export|get started|sample data|start",
  ),
  entry(
    "help",
    4,
    "help|what can (?:you|i)|who are you|what are you|how do(?:es)? (?:you|this) work|what do you do|capabilit\\w+|commands|examples?|hi|hello|hey|thanks?|thank you|good (?:morning|afternoon|evening)|yo",
  ),
  entry(
    "overview",
    1,
    "costs?|spend\\w*|spent|bills?|expens\\w+|money|usage|dollars?|usd|cash|invoice",
  ),
  entry(
    "overview",
    1,
    "ai|llms?|gpt|openai|anthropic|google|gemini|tokens?|api|models?|amodel|genai|ml",
  ),
  entry(
    "overview",
    0.5,
    "show|see|give|look|check|tell|run|list|display|want|full|everything|my|our|we|us|i|me",
  ),
];

/** Words that say nothing about what is asked but are no sign of another subject either. */
export const FILLER =
  /^(?:a|an|the|of|on|in|at|to|for|from|with|and|or|but|is|are|was|were|be|been|am|do|does|did|has|have|had|it|its|it's|this|that|these|those|there|here|what|what's|whats|which|when|how|why|who|where|can|could|would|should|will|may|might|i|i'd|i'm|we|we're|you|me|my|our|us|please|just|only|also|so|if|then|than|as|by|per|each|every|any|some|all|about|more|much|many|most|not|no|yes|ok|okay|now|right|currently|really|actually|quickly|again|still|over|out|up|down|into|across|between|during|period|days?|weeks?|months?|years?|time|same|get|got|go|make|let|let's|need|like|thing|things|something|anything|one|ones|first|next|before|after|compared|instead|without|excluding|except|half|quarter|third|percent|amodel|aname|adim|good|bad|high|low|big|best|worst|new|old|number|numbers|figures?|results?|data|work|calls?|requests?|s|t|d|happened|happen|happening|far|since|their|they|them|projects?|teams?|workspaces?|apps?|applications?|services?|features?|endpoints?|use-?cases?|products?|workloads?|users?|customers?|people|persons?|developers?|devs?|employees?|tenants?|colleagues?|providers?|vendors?|suppliers?|keys?|api-keys?|tags?|labels?|tiers?|hours?|hourly|stay|within|pay|paying|off|ask|use|used|using|today|daily|tomorrow|goes|going|gone|hit|try|traffic|prompts?|prompting|expensive|any|hanging|fruit|pricey|happens|last|previous|past|prior|earlier|yesterday|status|january|february|march|april|june|july|august|september|october|november|december)$/;

function entry(
  intent: Intent,
  weight: number,
  words: string,
): { intent: Intent; weight: number; words: RegExp } {
  return {
    intent,
    weight,
    words: new RegExp(`(?<![\\w-])(?:${words})(?![\\w-])`, "g"),
  };
}
