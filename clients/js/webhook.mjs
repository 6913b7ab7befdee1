// What a Turntable server pushes to a webhook, for Deno, Node and browsers; no dependencies.
import { fromBase64, valueOf } from './values.mjs';

/** A request that is no message from the server: answer it with 400. */
export class WebhookError extends Error {
  constructor(text) {
    super(text);
    this.name = 'WebhookError';
  }
}

function keyOf(secret) {
  const prefix = 'whsec_';
  return secret.startsWith(prefix) ? fromBase64(secret.slice(prefix.length))
                                   : new TextEncoder().encode(secret);
}

async function isSigned(headers, body, secret) {
  const key = await crypto.subtle.importKey('raw', keyOf(secret), { name: 'HMAC', hash: 'SHA-256' },
                                            false, ['verify']);
  const text = `${headers.get('webhook-id')}.${headers.get('webhook-timestamp')}.${body}`;
  for (const signature of (headers.get('webhook-signature') ?? '').split(' ')) {
    const [version, value] = signature.split(',');
    if (version !== 'v1' || !value) continue;
    let bytes;
    try {
      bytes = fromBase64(value);
    } catch {
      continue;
    }
    if (await crypto.subtle.verify('HMAC', key, bytes, new TextEncoder().encode(text))) return true;
  }
  return false;
}

/**
 * The message in a request, `{ id, attempt, database, value }`, after its signature and its age
 * were checked. `request` is that of `fetch` and `Deno.serve`, or `{ headers, text }` with a
 * `Headers` and a function that gives the body. A message that comes again has the same `id`.
 * A value that the server could not read is an UnreadableValue of values.mjs, with its bytes.
 *
 *   Deno.serve(async (request) => {
 *     const { id, value } = await readMessage(request, secret);
 *     ...
 *     return new Response(null, { status: 204 });
 *   });
 */
export async function readMessage(request, secret, { ageMs = 300_000, nowMs = Date.now() } = {}) {
  const body = await request.text();
  if (!await isSigned(request.headers, body, secret)) {
    throw new WebhookError('the signature is not that of the server');
  }
  const sent = Number(request.headers.get('webhook-timestamp')) * 1000;
  if (!(Math.abs(nowMs - sent) <= ageMs)) throw new WebhookError('the message is too old');
  const message = JSON.parse(body);
  const { id, attempt, database } = message;
  return { id, attempt, database, value: valueOf(message) };
}
