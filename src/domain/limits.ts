/**
 * Every bound of the system, its unit in its name. A queue, buffer, timer or retry that is not bounded here is a defect.
 * Bounds that an operator may set (docs/PROTOCOL.md section 9) live in the configuration, with these as their defaults.
 */

const KiB = 1_024;
const MiB = 1_024 * KiB;

export const limits = {
  // --- handshake and connection
  authenticationTimeoutMs: 5_000,
  contextTimeoutMs: 2_000,
  tokenBytesMax: 6 * KiB,
  clockToleranceSeconds: 5,
  subjectCharactersMax: 128,
  ticketLifetimeSeconds: 30,
  ticketsAtOncePerUserMax: 60,
  ticketsPerMinutePerUserMax: 120,
  jwtSecretBytesMin: 32,
  keysRefreshIntervalMs: 600_000,
  keysRequestTimeoutMs: 3_000,
  keysCooldownMs: 1_000,
  handshakeHeadersTimeoutMs: 10_000,
  acceptBacklog: 4_096,
  tokenExpiryNoticeMs: 60_000,
  tokenExpiryGraceMs: 5_000,
  sweepIntervalMs: 1_000,
  closeTimeoutMs: 5_000,

  // --- frames
  messageBytes: 8 * KiB,
  tokenRefreshBytes: 16 * KiB,
  frameBytesMax: 64 * KiB,
  frameFragmentsMax: 64,
  framesPendingMax: 64,
  pongsPendingMax: 64,
  strikesPerMinuteMax: 20,
  messageBurstShare: 1 / 3,
  messageCharactersMax: 4_000,
  identifierCharactersMax: 64,

  // --- delivery
  socketBufferedBytesMax: 256 * KiB,
  slowConsumerTimeoutMs: 10_000,
  slowConsumerBytesMax: 8 * MiB,
  replayPageEvents: 200,
  /** And one event more: about what a socket takes at once, so that little of a page is read again. */
  replayPageBytes: 512 * KiB,
  recentEventsPerThread: 256,
  joinedThreadsPerConnectionMax: 50,

  // --- sessions, presence, revocations
  rememberedThreadsPerUser: 20,
  sessionLifetimeSeconds: 7 * 24 * 3_600,
  headsIntervalMs: 4_000,
  headsPerQueryMax: 1_000,
  toldThreadsPerConnectionMax: 64,
  sessionSaveIntervalMs: 1_000,
  acknowledgedSaveIntervalMs: 10_000,
  sessionsWaitingMax: 20_000,
  sessionBatchMax: 500,
  presenceIntervalMs: 1_000,
  presenceLifetimeSeconds: 60,
  presenceRefreshIntervalMs: 20_000,
  presenceBatchMax: 5_000,
  nodeLifetimeSeconds: 5,
  connectionCountIntervalMs: 500,
  connectionCountRetriesMax: 11,
  revocationLifetimeSeconds: 400 * 24 * 3_600,
  revocationPollIntervalMs: 2_000,
  revocationOverlapSeconds: 60,
  revocationsMax: 100_000,
  tokenIdCharactersMax: 512,

  // --- runs
  idsPerDraw: 256,
  attemptsMax: 5,
  queuedRunsPerUserMax: 20,
  queuedRunsMax: 2_000,
  queueLookIntervalMs: 1_000,
  overloadRetryAfterMs: 5_000,
  runsPerNodeMax: 64,
  stepsPerRunMax: 16,
  toolCallsPerAgentMax: 24,
  historyMessagesMax: 20,
  heartbeatSeconds: 10,
  jobTouchIntervalMs: 4_000,
  jobTouchRetryIntervalMs: 250,
  jobPollIntervalMs: 1_000,
  /** With the heartbeat and the poll it makes the 15 s in which a lost node's runs go on elsewhere. */
  jobMonitorIntervalSeconds: 1,
  /** Where no other process can be alive there is next to nothing to find, and a look takes the one session. */
  jobMonitorIntervalSecondsAlone: 60,
  jobMaintenanceIntervalSeconds: 60,
  jobBatchMax: 16,
  jobRetriesMax: 1_000,
  endedJobsKeptSeconds: 300,
  endingRetriedForMs: 60_000,

  // --- database
  databaseConnectionsMax: 10,
  /** Also how long a call waits for a connection that is free. */
  databaseConnectTimeoutMs: 5_000,
  /** A call that takes longer makes a probe look; the call goes on. */
  databaseDoubtMs: 5_000,
  databaseProbeTimeoutMs: 3_000,
  databaseStatementTimeoutMs: 60_000,
  /** The server's own bound comes first; this one is for a server that says nothing. */
  databaseQueryTimeoutMs: 75_000,
  /** Below the jobs' heartbeat: when a stopped node's run goes to another, no lock of its is in the way. */
  databaseIdleInTransactionTimeoutMs: 8_000,
  databaseKeepAliveDelayMs: 10_000,
  preparedStatementsMax: 500,

  // --- event log
  appendBatchEventsMax: 512,
  appendRetryIntervalMsMin: 50,
  appendRetryIntervalMsMax: 2_000,
  displayStringCharactersMax: 500,
  displayListItemsMax: 20,
  displayBytesMax: 16 * KiB,
  displayDepthMax: 8,

  // --- what operators see
  queueDepthIntervalMs: 1_000,
  queueDepthTimeoutMs: 1_000,
  eventLoopResolutionMs: 20,
  spansPerBatchMax: 512,
  spanExportIntervalMs: 1_000,
  spanExportTimeoutMs: 5_000,
  spanBatchesUnderWayMax: 4,
  reportsPerRunMax: 100,
  reportsWaitingMax: 1_000,
  reportWriteTimeoutMs: 5_000,
  reportTokenSeconds: 60,
  causeDepthMax: 8,
  causeStackLinesMax: 30,
  causeTextCharactersMax: 1_000,

  // --- cache and bus
  /** Of the cache in process: of its values, its groups and its rate counters, each. */
  cacheBytesMax: 32 * MiB,
  /** What an entry takes beside its text, about; so the bytes bound the entries too. */
  cacheBytesPerEntry: 128,
  cacheCommandTimeoutMs: 1_000,
  redisRetryIntervalMsMin: 50,
  redisRetryIntervalMsMax: 2_000,
  redisRedirectionsMax: 3,
  busQueuedMessagesMax: 4_096,
  busSubscribeTimeoutMs: 250,
  busTopicsPerCommandMax: 500,
  busOpenTimeoutMs: 2_000,
  busProbeIntervalMs: 5_000,
  busSendTimeoutMs: 1_000,
  busCloseTimeoutMs: 1_000,
  notifyPayloadBytesMax: 7_999,
  notifyBatchMessagesMax: 128,
  listenRetryIntervalMsMin: 100,
  listenRetryIntervalMsMax: 2_000,
  recommendationsLifetimeSeconds: 24 * 3_600,
  keptResultBytesMax: 32 * KiB,

  // --- the embedded database's directory
  lockWaitMs: 2_000,

  // --- HTTP and import
  requestBodyBytesMax: 64 * KiB,
  importBytesMax: 512 * MiB,
  importExpandedBytesMax: 4_096 * MiB,
  importLineBytesMax: MiB,
  importBatchRows: 4_000,
  importSkippedReported: 100,
  importRowsMax: 5_000_000,
  importJsonBytesMax: 64 * MiB,
  importTextCharactersMax: 256,
  importTagsMax: 64,
  spansBodyBytesMax: 4 * MiB,
  spansExpandedBytesMax: 16 * MiB,
  importModelsReported: 1_000,
  /** Blocks of a trace that a replay remembers, about 60 bytes each. */
  replayBlocksMax: 500_000,
  pricesCachedMax: 10_000,
  contractPricesMax: 1_000,
  priceTableTimeoutMs: 30_000,
  priceTableBytesMax: 16 * MiB,
  /** Of the models that are known: a table with fewer is no whole one. */
  priceTableShareMin: 0.5,
  importsListed: 100,
  pageItemsMax: 200,
  groupsMax: 1_000,
  titleCharactersMax: 120,
  exportNameCharactersMax: 60,
  preferencesBudgetsMax: 50,
  /** Months of an import that budgets are held against. */
  budgetMonthsMax: 12,

  // --- sufficiency of data (design: triage)
  sufficientDays: 7,
  sufficientPricedShare: 0.5,
  defaultPeriodDays: 30,

  // --- the cost application
  /** An import that keeps so many rows has the database look at its tables anew. */
  analyzedRowsMin: 10_000,
  /** Rows of sums that a node keeps for its users, about 300 bytes each. */
  keptSumRowsMax: 50_000,
  usageRowsShownMax: 24,
  /** Up to so many records each one's cost is looked at for percentiles; more would hold an answer up. */
  spreadRecordsMax: 200_000,
  usageSeriesShownMax: 6,
  knownNamesShownMax: 12,
  nameCharactersShownMax: 60,
  mentionsPerQuestionMax: 8,

  // --- service machines
  probeIntervalMsMin: 250,
  probeIntervalMsMax: 5_000,
  probeTimeoutMs: 5_000,
  shutDownTimeoutMs: 15_000,
  parentLookIntervalMs: 500,
  /** Of DRAIN_TIMEOUT_MS: so long runs may finish; in the rest they are handed back between two steps. */
  drainFinishShare: 0.5,
  /** After DRAIN_TIMEOUT_MS, for what is inside a step still. */
  interruptTimeoutMs: 3_000,
  serviceRetryAfterMs: 1_000,
  drainCloseBatchConnections: 500,
  drainCloseIntervalMs: 100,
  reconnectAfterMs: 1_000,
} as const;
