// The module of clients/js, in Deno and in Node:
//   queue_peer.mjs enqueue|listen URL
import assert from 'node:assert';
import process from 'node:process';
import { Queue, QueueError } from '../../../clients/js/queue.mjs';

const [verb, url] = process.argv.slice(2);
const queue = new Queue(url, { accessToken: process.env.DENO_KV_ACCESS_TOKEN });

const messages = [
  'text', '', 1.5, -7, NaN, -Infinity, 42n, -(2n ** 70n), true, null, undefined,
  new Uint8Array([0, 255]), new Date(1234567890123), [1, [undefined, 'x']],
  { name: 'Ada', $: 1, nested: { big: 7n, bytes: new Uint8Array([1]) } }, { $date: 'no date' },
  new Map([['k', new Set([1n])]]), {},
];

const verbs = {
  async enqueue() {
    for (const [number, message] of messages.entries()) {
      const { ok, versionstamp } = await queue.enqueue([number, message]);
      assert.ok(ok && /^[0-9a-f]{20}$/.test(versionstamp));
    }
    await queue.enqueue('stays', { delay: 3600_000 });
    const cycle = [];
    cycle.push(cycle);
    for (const bad of [() => {}, Symbol('s'), /x/, cycle]) {
      await assert.rejects(queue.enqueue(bad), TypeError);
    }
    await assert.rejects(queue.enqueue(1, { delay: -1 }), QueueError);
    const stranger = new Queue(url, { accessToken: 'somebody-elses-token' });
    await assert.rejects(stranger.enqueue(1), (error) => error.status === 401);
    await assert.rejects(stranger.listenQueue(() => {}), (error) => error.status === 401);
    console.log('stored');
  },

  // The first message is given back once, and comes again.
  async listen() {
    const stop = new AbortController();
    const found = new Map();
    let attempts = 0;
    console.error = () => {};
    await queue.listenQueue(([number, message]) => {
      if (number === 0 && ++attempts === 1) throw new Error('once more');
      found.set(number, message);
      if (found.size === messages.length) stop.abort();
    }, { signal: stop.signal, concurrency: 3 });
    assert.strictEqual(attempts, 2);
    messages.forEach((message, number) => assert.deepStrictEqual(found.get(number), message));
    console.log('all there');
  },
};

await verbs[verb]();
process.exit(0);
