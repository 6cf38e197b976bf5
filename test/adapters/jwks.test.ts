/** docs/PROTOCOL.md section 1: keys from a URL, against a real key server that rotates, breaks, hangs and goes away. */
import { Effect, ManagedRuntime } from "effect";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { CryptoKey, JWK } from "jose";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { tokenVerifierLayer } from "../../src/adapters/jwt.ts";
import { TokenVerifier } from "../../src/domain/ports.ts";

type Answer = "keys" | "error" | "rubbish" | "hang" | "redirect";

/** A key server whose answer a test chooses. */
async function keyServer() {
  const state = { answer: "keys" as Answer, keys: [] as JWK[], requests: 0 };
  const server = createServer((_, response) => {
    state.requests += 1;
    if (state.answer === "keys")
      response.end(JSON.stringify({ keys: state.keys }));
    if (state.answer === "error") response.writeHead(500).end();
    if (state.answer === "rubbish") response.end("<html>maintenance</html>");
    if (state.answer === "redirect")
      response.writeHead(302, { Location: "/" }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return { state, close, url: `http://127.0.0.1:${port}/keys` };
}

async function newKey(
  kid: string,
): Promise<{ jwk: JWK; privateKey: CryptoKey; kid: string }> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", {
    extractable: true,
  });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: "ES256" },
    privateKey,
    kid,
  };
}

/** Asks one verifier for verdicts: the user, or why not. */
function verifier(url: string) {
  const layer = tokenVerifierLayer({
    keys: { kind: "jwks", url },
    issuer: null,
    audience: null,
  });
  const runtime = ManagedRuntime.make(layer);
  onTestFinished(() => runtime.dispose());
  return async ({
    privateKey,
    kid,
  }: {
    privateKey: CryptoKey;
    kid: string;
  }) => {
    const token = await new SignJWT({ sub: "alice" })
      .setProtectedHeader({ alg: "ES256", kid })
      .setExpirationTime("1h")
      .sign(privateKey);
    return runtime.runPromise(
      Effect.flatMap(TokenVerifier, (it) => it.verify(token)).pipe(
        Effect.match({
          onSuccess: (it) => String(it.user_id),
          onFailure: (it) => it.reason,
        }),
      ),
    );
  };
}

test("§1 keys rotate without a restart, right after a fetch too", async () => {
  const server = await keyServer();
  const [old, fresh] = [await newKey("old"), await newKey("fresh")];
  server.state.keys = [old.jwk];
  const verdict = verifier(server.url);
  expect(await verdict(old)).toBe("alice");
  server.state.keys = [fresh.jwk];
  expect(await verdict(fresh)).toBe("alice");
  expect(await verdict(old)).toBe("token_invalid");
});

test("§1 a key that the key server does not know is token_invalid, and asking often does not fetch often", async () => {
  const server = await keyServer();
  server.state.keys = [(await newKey("known")).jwk];
  const verdict = verifier(server.url);
  const unknown = await newKey("unknown");
  const verdicts = await Promise.all(
    Array.from({ length: 20 }, () => verdict(unknown)),
  );
  expect(new Set(verdicts)).toEqual(new Set(["token_invalid"]));
  expect(server.state.requests).toBeLessThanOrEqual(3);
});

test("§1 while the key server is away, cached keys serve and an unknown key is keys_unavailable", async () => {
  const server = await keyServer();
  const [cached, unknown] = [await newKey("cached"), await newKey("unknown")];
  server.state.keys = [cached.jwk];
  const verdict = verifier(server.url);
  expect(await verdict(cached)).toBe("alice");
  server.close();
  expect(await verdict(unknown)).toBe("keys_unavailable");
  expect(await verdict(cached)).toBe("alice");
});

test.each<Answer>(["error", "rubbish", "redirect", "hang"])(
  "§1 a key server that answers with %s is as good as away, and comes back by itself",
  async (answer) => {
    const server = await keyServer();
    const key = await newKey("key");
    server.state.keys = [key.jwk];
    server.state.answer = answer;
    const verdict = verifier(server.url);
    expect(await verdict(key)).toBe("keys_unavailable");
    server.state.answer = "keys";
    expect(await verdict(key)).toBe("alice");
  },
);

test("§1 a symmetric key in the set signs nothing", async () => {
  const server = await keyServer();
  const secret = new Uint8Array(32).fill(1);
  server.state.keys = [
    {
      kty: "oct",
      kid: "oct",
      alg: "HS256",
      k: Buffer.from(secret).toString("base64url"),
    },
  ];
  const layer = tokenVerifierLayer({
    keys: { kind: "jwks", url: server.url },
    issuer: null,
    audience: null,
  });
  const token = await new SignJWT({ sub: "alice" })
    .setProtectedHeader({ alg: "HS256", kid: "oct" })
    .setExpirationTime("1h")
    .sign(secret);
  const attempt = Effect.flatMap(TokenVerifier, (it) => it.verify(token)).pipe(
    Effect.provide(layer),
    Effect.flip,
  );
  expect(await Effect.runPromise(attempt)).toMatchObject({
    reason: "token_invalid",
  });
});
