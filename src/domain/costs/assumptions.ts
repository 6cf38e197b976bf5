/**
 * Every threshold and scenario that the analysis of AI spend rests on, with its unit in its name and where it comes from. Promises:
 * nothing else in the cost application holds a magic number; what a saving assumes is read from here and said in the answer.
 */

export const assumptions = {
  /** Savings are stated per month of this many days. */
  monthDays: 30,

  /** Iglewicz & Hoaglin (1993), "How to Detect and Handle Outliers": modified z-scores above 3.5 are outliers. */
  anomalyScoreMin: 3.5,
  /** A day must miss its usual spend by this much, so that cents are never called an anomaly. */
  anomalyFloorUsd: 1,
  anomalyFloorShareOfUsualDay: 0.25,
  anomalyHistoryDaysMin: 14,
  /** From this history on every weekday is compared with itself; before, working days with working days. */
  weekdayHistoryDaysMin: 28,
  anomaliesReportedMax: 5,

  /** Under this history a forecast is the mean day; from here on it repeats the last week. */
  seasonalHistoryDaysMin: 14,
  /** From eight weeks on ways of forecasting are held against each other, on starts that have four weeks before them. */
  backtestedHistoryDaysMin: 56,
  backtestHistoryDaysMin: 28,
  /** An error is told from so many starts at least. */
  backtestStartsMin: 8,
  forecastHistoryDaysMin: 3,
  forecastHistoryDaysMax: 90,
  forecastHorizonDays: 30,
  /** Two-sided 80 % interval of the normal distribution. */
  intervalPercent: 80,
  intervalZ: 1.2816,

  /** A saving's low end moves this share of the affected work, its high end all of it. */
  movedShareLow: 0.25,
  /** A cheaper model is proposed only when the same tokens cost at least this much less. */
  swapSavingShareMin: 0.3,
  swapModelsMax: 5,
  /** A cascade: the share of the work that the cheaper model is taken to fail at and that is done again; the break-even is told with it. */
  escalatedShare: 0.25,
  /** Caching scenarios, where nobody looks at which input repeats: share of uncached input read back, reads per write. */
  cacheLow: { hitShare: 0.2, readsPerWrite: 2 },
  cacheHigh: { hitShare: 0.6, readsPerWrite: 10 },
  /** A replay speaks for a model when records tell what repeats in this share of its input at least. */
  replayedInputShareMin: 0.95,
  /** Where nothing is named as able to wait: the share asked about in the what-if. */
  batchWhatIfShare: 0.25,
  /** The share of a budget from which on it is told of, where the budget names none. */
  budgetWarnPercent: 80,
  /** Savings under this are not worth a line. */
  savingFloorUsdPerMonth: 1,
  savingsReportedMax: 5,
} as const;
