// A value that the server gives as bytes, in Deno and in Node: no message without a value comes of
// it.
import assert from 'node:assert';
import process from 'node:process';
import { Queue } from '../../../clients/js/queue.mjs';
import { UnreadableValue } from '../../../clients/js/values.mjs';
import { readMessage } from '../../../clients/js/webhook.mjs';

const secret = 'a-secret-of-this-test';

async function signed(message) {
  const body = JSON.stringify(message);
  const time = String(Math.floor(Date.now() / 1000));
  const bytes = (text) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey('raw', bytes(secret), { name: 'HMAC', hash: 'SHA-256' },
                                            false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, bytes(`${message.id}.${time}.${body}`));
  const headers = new Headers({
    'webhook-id': message.id, 'webhook-timestamp': time,
    'webhook-signature': 'v1,' + btoa(String.fromCharCode(...new Uint8Array(signature))),
  });
  return { headers, text: () => body };
}

const message = { id: 'the-id', attempt: 1, database: 'd' };
const read = await readMessage(await signed({ ...message, value: 1 }), secret);
assert.deepStrictEqual(read, { ...message, value: 1 });
await assert.rejects(readMessage(await signed({ ...message, v8: '/2MA' }), secret), (error) => {
  assert.ok(error instanceof UnreadableValue);
  assert.strictEqual(error.id, 'the-id');
  assert.deepStrictEqual(error.v8, new Uint8Array([0xff, 0x63, 0]));
  return true;
});

const calls = [];
const stop = new AbortController();
async function fetch(url, { body }) {
  const name = url.split('/').pop();
  calls.push([name, JSON.parse(body)]);
  if (name !== 'take') {
    stop.abort();
    return new Response(null, { status: 204 });
  }
  const delivery = {
    id: 'the-delivery', messageId: 'the-id', v8: '/2MA', leaseUntilMs: Date.now() + 5000,
  };
  return new Response(JSON.stringify(delivery));
}
const told = [];
console.error = (...parts) => told.push(parts);
await new Queue('http://h', { fetch }).listenQueue(() => assert.fail('it has no value'),
                                                   { signal: stop.signal });
assert.deepStrictEqual(calls, [['take', {}], ['finish', { id: 'the-delivery', delivered: false }]]);
assert.ok(told[0][1] instanceof UnreadableValue);
console.log('told');
process.exit(0);
