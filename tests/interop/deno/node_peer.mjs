// The @deno/kv package in Node on a file of ours.
//   node node_peer.mjs FILE
import assert from 'node:assert';
import { openKv } from '@deno/kv';

const db = await openKv(process.argv[2]);
const entry = await db.get(['from', 'us', 42n]);
const expected = { text: 'gr\u00fc\u00df', big: 2n ** 70n, list: [1, 2.5, null] };
assert.deepStrictEqual(entry.value, expected);
assert.deepStrictEqual([...(await db.get(['bytes'])).value], [0, 255]);
assert.strictEqual((await db.get(['count'])).value.value, 7n);
const names = [];
for await (const { key } of db.list({ prefix: ['page'] }, { reverse: true, limit: 3 })) {
  names.push(key[1]);
}
assert.deepStrictEqual(names, [7, 9n, 8n]);
const first = db.atomic().check(entry).set(['from', 'node'], new Map([[1, 'one']]));
const commit = await first.sum(['count'], 5n).commit();
assert.ok(commit.ok);
assert.ok(!(await db.atomic().check({ key: ['from', 'node'], versionstamp: null }).commit()).ok);
console.log(commit.versionstamp);
db.close();
