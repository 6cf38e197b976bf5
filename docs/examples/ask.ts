/** Asks one question through the TypeScript client and prints the answer: `URL=… TOKEN=… node ask.ts`. */
import { createClient, endsRun } from "goldenpath/client";

const { URL: url = "ws://127.0.0.1:8787/ws", TOKEN = "" } = process.env;
const client = createClient({ url, token: async () => TOKEN });
const events = client.events();
client.connect();
const settled = await client.send("Analyze my AI costs").settled;
if (!settled.accepted) throw new Error(settled.refusal.message);
for await (const event of events) {
  if (event.type === "final_response") process.stdout.write(event.content);
  if (endsRun(event)) break;
}
client.dispose();
