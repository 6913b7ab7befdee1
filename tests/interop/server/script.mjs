// Every operation that a client can do on a database over the network, with what it sees, a line
// each. The same script in Deno on a file of its own, in Deno over the network and in Node over the
// network has to print the same.
import assert from 'node:assert';
import { table } from '../values.mjs';

// A stamp is shown by when it was first seen: databases begin at different ones.
const seen = new Map();
const stamp = (text) => {
  if (text === null) return null;
  if (!seen.has(text)) seen.set(text, `v${seen.size}`);
  return seen.get(text);
};
const shown = (value) =>
  value && typeof value === 'object' && value.constructor?.name.endsWith('KvU64')
    ? `u64 ${value.value}`
    : typeof value === 'bigint' ? `${value}n` : value;
const entry = (e) => ({ key: e.key.map(shown), value: shown(e.value), at: stamp(e.versionstamp) });
const tell = (what, value) => console.log(what, JSON.stringify(value));

// Each client words its errors in its own way, also Deno by where the database is.
async function refused(what, call) {
  try {
    await call();
  } catch {
    return tell(what, 'refused');
  }
  tell(what, 'no error');
}

async function entries(db, selector, options) {
  const found = [];
  for await (const e of db.list(selector, options)) found.push(entry(e));
  return found;
}

async function points(db) {
  tell('absent', entry(await db.get(['none'])));
  tell('set', stamp((await db.set(['a'], 'one')).versionstamp));
  tell('get', entry(await db.get(['a'])));
  tell('get many', (await db.getMany([['a'], ['none'], ['a', 1]])).map(entry));
  tell('eventual', entry(await db.get(['a'], { consistency: 'eventual' })));
  await db.delete(['a']);
  tell('deleted', entry(await db.get(['a'])));
}

async function values(db) {
  const names = Object.keys(table).filter((name) => name !== 'date_invalid');
  for (const name of names) await db.set(['value', name], table[name]);
  for (const name of names) {
    assert.deepStrictEqual((await db.get(['value', name])).value, table[name], name);
  }
  for (const key of [[''], ['a\0b', 1n], [-0], [0], [2n ** 70n], [-5n], [new Uint8Array([0, 255])],
                     [true, false, 1.5, 'x', 7n]]) {
    await db.set(['key', ...key], 'here');
    assert.strictEqual((await db.get(['key', ...key])).value, 'here');
  }
  tell('values', names.length);
}

async function lists(db) {
  for (let i = 0; i < 250; ++i) await db.set(['list', i % 10, i], i);
  tell('all', (await entries(db, { prefix: ['list'] })).length);
  tell('some', await entries(db, { prefix: ['list', 3] }, { limit: 3 }));
  tell('reverse', await entries(db, { prefix: ['list'] }, { limit: 2, reverse: true }));
  tell('range', (await entries(db, { start: ['list', 2], end: ['list', 4] })).length);
  tell('in batches', (await entries(db, { prefix: ['list'] }, { batchSize: 7 })).length);
  tell('from', await entries(db, { prefix: ['list'], start: ['list', 9, 229] }, { limit: 2 }));
}

async function atomics(db) {
  const first = await db.get(['guard']);
  const wrote = await db.atomic().check(first).set(['guard'], 1).set(['other'], 2).commit();
  tell('commit', wrote.ok);
  tell('stale', await db.atomic().check(first).set(['guard'], 3).commit());
  tell('unchanged', (await db.getMany([['guard'], ['other']])).map((e) => e.value));
  const now = await db.get(['guard']);
  tell('same stamp', now.versionstamp === wrote.versionstamp);
  await db.atomic().sum(['n', 'sum'], 5n).sum(['n', 'sum'], 2n ** 64n - 2n).commit();
  await db.atomic().min(['n', 'min'], 5n).max(['n', 'max'], 5n).commit();
  await db.atomic().min(['n', 'min'], 3n).max(['n', 'max'], 3n).commit();
  tell('numbers', await entries(db, { prefix: ['n'] }));
  tell('empty', (await db.atomic().commit()).ok);
  let checks = db.atomic();
  for (let i = 0; i < 100; ++i) checks = checks.check({ key: ['no', i], versionstamp: null });
  tell('100 checks', (await checks.set(['checked'], true).commit()).ok);
  await refused('no number', () => db.atomic().set(['s'], 'text').sum(['s'], 1n).commit());
  let large = db.atomic();
  for (let i = 0; i < 500; ++i) large = large.set(['large', i], i);
  tell('large', (await large.commit()).ok);
  tell('large', (await entries(db, { prefix: ['large'] })).length);
}

async function limits(db) {
  const ones = (bytes) => new Uint8Array(bytes).fill(1);
  tell('largest', (await db.set(['largest'], ones(65536))).ok);
  await refused('too large', () => db.set(['larger'], ones(65537)));
  // A byte before it and one behind it are part of the key.
  tell('longest key', (await db.set([ones(2046)], 1)).ok);
  await refused('key too long', () => db.set([ones(2047)], 1));
}

async function expiry(db) {
  await db.set(['soon'], 1, { expireIn: 3600_000 });
  tell('not yet', (await db.get(['soon'])).value);
}

async function watches(db) {
  // @deno/kv tells nothing while no watched key is there.
  await db.set(['w', 2], 'there');
  const reader = db.watch([['w', 1], ['w', 2]]).getReader();
  tell('first', (await reader.read()).value.map((e) => e.value));
  await db.set(['w', 1], 'changed');
  for (;;) {
    const { value } = await reader.read();
    if (value[0].value !== 'changed') continue;
    tell('then', value.map((e) => e.value));
    break;
  }
  await reader.cancel();
}

export async function everything(db) {
  for (const part of [points, values, lists, atomics, limits, expiry, watches]) await part(db);
}
