/** Every bound of the client, its unit in its name; the reconnect bounds are the machine's own (machines/client.ts). */

export const clientLimits = {
  /** Messages that wait for an ack; a further one is refused. */
  outboxMessagesMax: 50,
  /** Wait before a retryable refusal without `retry_after_ms` is tried again. */
  retryDefaultMs: 1_000,
  /** Events that an async iterable holds for a slow reader before it fails. */
  iterableEventsMax: 1_000,
  /** Delivered events are acknowledged together, this long after the first of them. */
  ackDelayMs: 500,
  /** Used until `connection_ready` names the server's own. */
  messageBytes: 8_192,
} as const;
