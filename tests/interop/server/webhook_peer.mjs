// A receiver in Deno or in Node: webhook_peer.mjs SECRET. Prints its port, then each message that
// it verified, a line each, as [attempt, id, number, value]. The first attempt of a message whose
// number is divisible by three is answered with 500, and that of number 1 with a redirect.
import assert from 'node:assert';
import { createServer } from 'node:http';
import process from 'node:process';
import { readMessage, WebhookError } from '../../../clients/js/webhook.mjs';
import { toForm } from '../../../clients/js/values.mjs';

const [secret] = process.argv.slice(2);

async function answer(request) {
  const copy = await request.text();
  const again = { headers: request.headers, text: () => copy };
  const forged = { headers: request.headers, text: () => copy + ' ' };
  await assert.rejects(readMessage(forged, secret), WebhookError);
  await assert.rejects(readMessage(again, 'not the secret of it'), WebhookError);
  await assert.rejects(readMessage(again, secret, { nowMs: Date.now() + 600_000 }), WebhookError);
  const { id, attempt, value } = await readMessage(again, secret);
  assert.strictEqual(request.headers.get('turntable-attempt'), String(attempt));
  console.log(JSON.stringify([attempt, id, value[0], toForm(value[1])]));
  if (attempt === 1 && value[0] % 3 === 0) return [500, {}];
  if (attempt === 1 && value[0] === 1) return [307, { location: 'http://127.0.0.1:1/' }];
  return [204, {}];
}

const failed = (error) => {
  console.log(JSON.stringify(String(error)));
  return [400, {}];
};

if (globalThis.Deno) {
  Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(port) },
             async (request) => {
               const [status, headers] = await answer(request).catch(failed);
               return new Response(null, { status, headers });
             });
} else {
  const server = createServer(async (incoming, response) => {
    const pieces = [];
    for await (const piece of incoming) pieces.push(piece);
    const text = () => Buffer.concat(pieces).toString();
    const request = { headers: new Headers(incoming.headers), text };
    const [status, headers] = await answer(request).catch(failed);
    response.writeHead(status, headers).end();
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}
