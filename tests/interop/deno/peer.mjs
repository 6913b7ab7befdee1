// The side of Deno in the tests of this folder.
//   deno run -A --unstable-kv peer.mjs VERB FILE ...
// Prints what the test compares, a line each; an exception ends it with status 1.
import assert from 'node:assert';
import { keys } from './keys.mjs';
import { table } from '../values.mjs';

const [verb, file, ...rest] = Deno.args;
const db = await Deno.openKv(file);
const print = (value) => console.log(typeof value === 'string' ? value : JSON.stringify(value));
const lines = async function* () {
  let buffer = '';
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    buffer += chunk;
    for (let end; (end = buffer.indexOf('\n')) >= 0; buffer = buffer.slice(end + 1)) {
      yield buffer.slice(0, end);
    }
  }
};

// Names of what the key-value layer of Deno stores in a form of its own.
const plain = {
  plain_empty: new Uint8Array([]),
  plain_bytes: new Uint8Array([0, 255, 1]),
  u64_zero: new Deno.KvU64(0n),
  u64_max: new Deno.KvU64(2n ** 64n - 1n),
};
const values = { ...table, ...plain };

function same(name, actual, expected) {
  if (name === 'date_invalid') return assert.ok(Number.isNaN(actual.getTime()), name);
  assert.deepStrictEqual(actual, expected, name);
  if (expected instanceof Error) {
    assert.strictEqual(actual.stack, expected.stack, name);
    assert.deepStrictEqual(actual.cause, expected.cause, name);
  }
  if (name === 'shared') assert.ok(actual[0] === actual[1] && actual[2].again === actual[0]);
  if (name === 'cycle') assert.ok(actual.list[0] === actual && actual.list[1] === actual.list);
}

async function collect(selector, options) {
  const iterator = db.list(selector, options);
  const entries = [];
  for await (const entry of iterator) entries.push(entry);
  return { entries, cursor: iterator.cursor };
}

const verbs = {
  async create() {},

  // Every key kind with its name as the value, and every value kind under ["value", name].
  async write() {
    for (const [name, key] of Object.entries(keys)) await db.set(key, name);
    for (const [name, value] of Object.entries(values)) await db.set(['value', name], value);
    const sum = db.atomic();
    sum.sum(['count', 'sum'], 5n).min(['count', 'min'], 5n).max(['count', 'max'], 5n);
    assert.ok((await sum.commit()).ok);
    await db.set(['expiry', 'later'], 'v', { expireIn: 3600_000 });
    await db.set(['expiry', 'never'], 'v');
  },

  // What the other side wrote or changed: keys with `marker:name`, values under [place, name].
  async check(marker, place) {
    for (const [name, key] of Object.entries(keys)) {
      const entry = await db.get(key);
      assert.strictEqual(entry.value, `${marker}:${name}`, name);
      assert.deepStrictEqual(entry.key, key, name);
    }
    for (const [name, value] of Object.entries(values)) {
      const entry = await db.get([place, name]);
      assert.notStrictEqual(entry.versionstamp, null, name);
      same(name, entry.value, value);
    }
    // The order of the tuple encoding, as Deno lists it.
    const { entries } = await collect({ prefix: [] });
    const order = ['object', 'string', 'bigint', 'number', 'boolean'];
    const ranks = entries.map((entry) => order.indexOf(typeof entry.key[0]));
    assert.deepStrictEqual(ranks, [...ranks].sort((a, b) => a - b));
  },

  async get(key) {
    const entry = await db.get(JSON.parse(key));
    print({
      value: entry.value instanceof Deno.KvU64 ? String(entry.value) : entry.value,
      versionstamp: entry.versionstamp,
    });
  },

  // Deno looks for expired entries when it opens a file, beside its first answers.
  async wait_until_gone(key) {
    while ((await db.get(JSON.parse(key))).versionstamp !== null) {
      await new Promise((next) => setTimeout(next, 5));
    }
  },

  // Continues a list of ["page", n] with a cursor; prints the numbers and the next cursor.
  async page(cursor, limit, reverse) {
    const options = { cursor, limit: Number(limit), reverse: reverse === 'reverse' };
    const page = await collect({ prefix: ['page'] }, options);
    print({ keys: page.entries.map((entry) => Number(entry.key[1])), cursor: page.cursor });
  },

  async counters() {
    await db.atomic().sum(['count', 'sum'], 10n).min(['count', 'min'], 3n)
      .max(['count', 'max'], 30n).commit();
    for (const name of ['sum', 'min', 'max']) print(String((await db.get(['count', name])).value));
  },

  async enqueue(json) {
    for (const [value, options] of JSON.parse(json)) {
      assert.ok((await db.enqueue(value, options)).ok);
    }
  },

  // Prints each message, until its input ends; messages that say {fail: true} fail.
  async listen() {
    db.listenQueue((message) => {
      print(message instanceof Uint8Array ? { bytes: [...message] } : message);
      if (message?.fail) throw new Error('as asked');
    });
    await lines().next();
  },

  // Takes messages and never finishes them: the test kills this process.
  async hang() {
    db.listenQueue((message) => {
      print(message);
      return new Promise(() => {});
    });
    await lines().next();
  },

  // Adds to a sum and to a number under a check, beside another process that does the same.
  async compete(count) {
    let conflicts = 0;
    print('ready');
    await lines().next();
    // Deno reads before it takes the lock to write. Where another process commits in between, it
    // says so, and has written nothing.
    let locked = 0;
    const commit = async (write) => {
      for (;;) {
        try {
          return (await write.commit()).ok;
        } catch (error) {
          if (error.message !== 'database is locked') throw error;
          locked += 1;
        }
      }
    };
    for (let i = 0; i < Number(count); ++i) {
      await commit(db.atomic().sum(['together', 'sum'], 1n));
      for (;;) {
        const entry = await db.get(['together', 'checked']);
        const next = db.atomic().check(entry).set(entry.key, (entry.value ?? 0) + 1);
        if (await commit(next.set(['together', 'deno', i], i))) break;
        conflicts += 1;
      }
    }
    print({ conflicts, locked });
  },

  // Sets ["watched"] to each number that it is told.
  async tell() {
    print('ready');
    for await (const line of lines()) {
      const { versionstamp } = await db.set(['watched'], Number(line));
      print(versionstamp);
    }
  },
};

await verbs[verb](...rest);
db.close();
// A read of the input may still be waiting.
Deno.exit(0);
