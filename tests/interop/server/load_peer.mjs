// Clients that write as fast as they can, in Deno or in Node:
//   load_peer.mjs URL SECONDS CLIENTS NAME
// Each writes its keys again and again, remembers what was acknowledged, and at the end reads all
// of it back. Prints a line of JSON: writes, reads, and what was lost.
import process from 'node:process';
import { deserialize, serialize } from 'node:v8';

const [url, seconds, clients, name] = process.argv.slice(2);
const keys = 50;
const until = Date.now() + Number(seconds) * 1000;

async function open() {
  if (globalThis.Deno) return await Deno.openKv(url);
  const { openKv } = await import('@deno/kv');
  return await openKv(url, { encodeV8: serialize, decodeV8: deserialize });
}

const text = (bytes) => new TextDecoder().decode(bytes ?? undefined);
const total = { writes: 0, reads: 0, lost: 0 };

async function run(client) {
  const db = await open();
  const last = new Map();
  const key = (i) => [name, client, i];
  for (let i = 0; Date.now() < until; ++i) {
    const value = new TextEncoder().encode(`${i}`.padEnd(200, '.'));
    const { ok } = await db.atomic().set(key(i % keys), value).commit();
    if (!ok) throw new Error('a write without a check was refused');
    last.set(i % keys, value);
    ++total.writes;
    const back = await db.get(key((i * 7) % keys));
    ++total.reads;
    const known = last.get((i * 7) % keys);
    if (known && text(back.value) !== text(known)) ++total.lost;
  }
  for (const [i, value] of last) {
    const back = await db.get(key(i));
    if (text(back.value) !== text(value)) ++total.lost;
  }
  db.close();
}

await Promise.all(Array.from({ length: Number(clients) }, (_, client) => run(client)));
console.log(JSON.stringify(total));
process.exit(0);
