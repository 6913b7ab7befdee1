// Executes operations (operation.hpp says what they look like) with Deno's own key-value store.
//   deno run -A --unstable-kv run.mjs DATABASE OPERATIONS COMMITS
// The first line of OPERATIONS is the pool of keys, each further one an operation. Prints one
// outcome a line; COMMITS gets the versionstamp of each commit by the number of its operation.
const [file, operations, commitsFile] = Deno.args;
const lines = Deno.readTextFileSync(operations).trim().split('\n').map((line) => JSON.parse(line));
const SHOWN_MAX = 300;

const fromHex = (hex) => new Uint8Array((hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const parts = {
  s: (text) => text, i: (digits) => BigInt(digits), n: (number) => number, t: (truth) => truth,
  b: fromHex, x: (size) => 'x'.repeat(size), p: (exponent) => 2n ** BigInt(exponent),
};
const keys = lines[0].map((key) => key.map(([kind, value]) => parts[kind](value)));
const indexes = new Map(keys.map((key, index) => [Deno.inspect(key), index]));

// The form that kv/json.hpp describes, as far as operations use it.
function fromJson(json) {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(fromJson);
  if ('$bigint' in json) return BigInt(json.$bigint);
  if ('$number' in json) return Number(json.$number);
  if ('$undefined' in json) return undefined;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, fromJson(value)]));
}
function toJson(value) {
  if (value === undefined) return '{"$undefined":true}';
  if (typeof value === 'bigint') return `{"$bigint":"${value}"}`;
  if (typeof value === 'number' && !Number.isFinite(value)) return `{"$number":"${value}"}`;
  if (Object.is(value, -0)) return '-0.0';
  if (Array.isArray(value)) return `[${value.map(toJson).join()}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(([name, v]) => `${JSON.stringify(name)}:${toJson(v)}`);
  return `{${members.join()}}`;
}

const data = {
  u64: (digits) => new Deno.KvU64(BigInt(digits)), bytes: fromHex, js: fromJson,
  long_text: (size) => 'x'.repeat(size), long_bytes: (size) => new Uint8Array(size).fill(7),
};
const datum = ([kind, value]) => data[kind](value);
const shortened = (kind, text) => kind + (text.length > SHOWN_MAX ? `#${text.length}` : text);
function valueText(value) {
  if (value instanceof Deno.KvU64) return `u64:${value.value}`;
  if (value instanceof Uint8Array) return shortened('bytes:', toHex(value));
  return shortened('js:', toJson(value));
}

const db = await Deno.openKv(file);
const stamps = new Map();
const names = new Map();
let number = 0;

const nameOf = (stamp) => names.get(stamp) ?? '?';
const entryText = ({ value, versionstamp }) =>
  versionstamp === null ? 'none' : `${valueText(value)}@${nameOf(versionstamp)}`;
const optional = (name, value) => (value === null ? {} : { [name]: value });
function committed({ ok, versionstamp }) {
  if (!ok) return 'refused';
  stamps.set(number, versionstamp);
  names.set(versionstamp, number);
  return 'committed';
}

function addTo(write, operation) {
  for (const { key, commit } of operation.checks) {
    const versionstamp = commit === null ? null : stamps.get(commit) ?? null;
    write.check({ key: keys[key], versionstamp });
  }
  for (const { type, key, data, expireIn } of operation.mutations) {
    const value = type === 'delete' ? {} : { value: datum(data) };
    write.mutate({ type, key: keys[key], ...value, ...optional('expireIn', expireIn) });
  }
  for (const { payload, delay, backoff, undelivered } of operation.enqueues) {
    write.enqueue(datum(payload), {
      delay, ...optional('backoffSchedule', backoff),
      keysIfUndelivered: undelivered.map((key) => keys[key]),
    });
  }
}

async function list({ prefix, start, end, limit, batchSize, reverse, cursor }) {
  const selector = {};
  for (const [name, key] of Object.entries({ prefix, start, end })) {
    if (key !== null) selector[name] = keys[key];
  }
  if (prefix === null && start === null) selector.prefix = [];
  const options = { reverse, ...optional('limit', limit), ...optional('batchSize', batchSize) };
  const iterator = db.list(selector, cursor === '' ? options : { ...options, cursor });
  let text = '';
  let last = '';
  for await (const entry of iterator) {
    text += `${indexes.get(Deno.inspect(entry.key))}=${entryText(entry)};`;
    last = iterator.cursor;
  }
  return `${text}last cursor ${last}, end ${iterator.cursor}`;
}

const kinds = {
  async set({ keys: [key], data, expireIn }) {
    return committed(await db.set(keys[key], datum(data), optional('expireIn', expireIn)));
  },
  async remove({ keys: [key] }) {
    // Deno's own delete does not give the versionstamp.
    return committed(await db.atomic().delete(keys[key]).commit());
  },
  async get({ keys: [key] }) {
    return entryText(await db.get(keys[key]));
  },
  async get_many({ keys: many }) {
    const entries = await db.getMany(many.map((key) => keys[key]));
    return entries.map((entry) => `${entryText(entry)};`).join('');
  },
  list: (operation) => list(operation.list),
  async atomic(operation) {
    const write = db.atomic();
    for (let i = 0; i < operation.repeat; ++i) addTo(write, operation);
    return committed(await write.commit());
  },
};

const out = [];
for (const operation of lines.slice(1)) {
  try {
    out.push(await kinds[operation.op](operation));
  } catch (error) {
    out.push(`error ${error.message.replaceAll('\n', ' ')}`);
  }
  number += 1;
}
console.log(out.join('\n'));
Deno.writeTextFileSync(commitsFile, [...stamps].map(([n, stamp]) => `${n} ${stamp}\n`).join(''));
db.close();
