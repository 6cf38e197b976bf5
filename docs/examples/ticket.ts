/** A socket where neither a header nor a subprotocol can be set: a ticket in the URL. `URL=… TOKEN=… node ticket.ts`. */
const { URL: base = "http://127.0.0.1:8787", TOKEN = "" } = process.env;
const headers = { Authorization: `Bearer ${TOKEN}` };
const answer = await fetch(`${base}/api/tickets`, { method: "POST", headers });
const { ticket } = (await answer.json()) as { ticket: string };
const socket = new WebSocket(
  `${base.replace("http", "ws")}/ws?ticket=${ticket}`,
);
socket.onmessage = ({ data }) => {
  process.stdout.write(`${JSON.parse(data).type}\n`);
  socket.close(1000);
};
