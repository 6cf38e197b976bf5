/**
 * The embedded database, in a thread of its own: PGlite on one directory, spoken to in PostgreSQL's wire protocol. Owns the
 * directory while it lives. Promises: answers in the order asked; a query here never holds up the event loop of the server.
 */
import { PGlite } from "@electric-sql/pglite";
import { parentPort, workerData } from "node:worker_threads";

if (parentPort === null) throw new Error("pgliteWorker runs as a worker only");
const port = parentPort;
const database = await PGlite.create(
  (workerData as { directory: string }).directory,
);

port.on("message", (message: Uint8Array | "close") => {
  if (message === "close") void close();
  else void answer(message);
});
port.postMessage("open");

/**
 * In step with the messages: the directory is the system's own, so there is nothing to copy to it afterwards. As a stream, since the other raw
 * calls also parse every answer and keep what they parsed for as long as the database lives.
 */
async function answer(message: Uint8Array): Promise<void> {
  const parts: Uint8Array[] = [];
  await database.execProtocolRawStream(message, {
    syncToFs: false,
    // A view of the database's own memory.
    onRawData: (bytes) => void parts.push(bytes.slice()),
  });
  const bytes = new Uint8Array(Buffer.concat(parts));
  port.postMessage(bytes, [bytes.buffer]);
}

async function close(): Promise<void> {
  await database.close();
  port.postMessage("closed");
}
