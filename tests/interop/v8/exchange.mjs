// Exchanges a table of values with the C++ codec.
//   node exchange.mjs write        prints a line "name hex" for each value
//   node exchange.mjs check FILE   reads such lines back and compares them with the table
import assert from 'node:assert';
import fs from 'node:fs';
import v8 from 'node:v8';

// The plain Serializer writes typed arrays as V8 does; node's default one has its own form.
function serialize(value) {
  const serializer = new v8.Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}
function deserialize(bytes) {
  const deserializer = new v8.Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}
function makeError(Kind, message, stack, ...options) {
  const error = message === undefined ? new Kind() : new Kind(message, ...options);
  error.stack = stack;
  return error;
}
function nested(depth) {
  let value = [];
  for (let i = 1; i < depth; ++i) value = [value];
  return value;
}

const shared = { name: 'shared' };
const cycle = { list: [] };
cycle.list.push(cycle, cycle.list);
const buffer = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 255]).buffer;
const resizable = new ArrayBuffer(4, { maxByteLength: 16 });

const table = {
  undefined: undefined, null: null, true: true, false: false,
  zero: 0, minus_zero: -0, minus_one: -1, int32_max: 2147483647, int32_min: -2147483648,
  uint32_max: 4294967295, fraction: 1.5, tiny: 5e-324, infinity: -Infinity, nan: NaN,
  big_zero: 0n, big_one: 1n, big_negative: -255n, big_64: 2n ** 64n - 1n, big_65: -(2n ** 64n),
  big_large: 3n ** 2000n,
  text_empty: '', text_ascii: 'hello', text_latin: 'gr\u00fc\u00df \u00ff\u0080',
  text_wide: 'a\u4e2d',
  text_pair: '\ud83d\ude00', text_lone_high: '\ud800', text_lone_low: 'x\udc00\ud800y',
  text_zero: 'a\0b', text_long: '\u20ac'.repeat(5000),
  wide_in_object: { a: '\u4e2d', bc: '\u4e2d', '\u4e2d': ['\u4e2d', '\u4e2d\u4e2d'] },
  date: new Date(1234567890123), date_invalid: new Date(NaN),
  array_empty: [], array: [1, 'two', null, undefined, [3]], array_holes: [1, , 3],
  array_properties: Object.assign([1, 2], { x: 1, '-1': 2 }), array_sparse: (() => {
    const a = []; a[4000000000] = 'far'; a.tag = true; return a;
  })(),
  object_empty: {}, object: { b: 1, a: { deep: [true] }, '': 0 },
  object_indexes: { 7: 'a', '07': 'b', 4294967294: 'c', 4294967295: 'd', '-1': 'e', 1.5: 'f' },
  map: new Map([[1, 'one'], [{ k: 1 }, new Map()], [NaN, -0]]),
  set: new Set([1, 'a', new Set([null])]),
  regexp: /a\/b[\u4e2d]/dgimsy, regexp_unicode: /./u, regexp_sets: /[a]/v, regexp_plain: /(?:)/,
  error: makeError(Error, 'plain', 'trace'), error_empty: makeError(RangeError, undefined, 's'),
  error_cause: makeError(TypeError, 'outer', 'st\u00e4ck', { cause: [shared, shared] }),
  errors: [EvalError, ReferenceError, SyntaxError, URIError].map((k) => makeError(k, 'm', 's')),
  buffer, buffer_empty: new ArrayBuffer(0), resizable,
  views: [new Int8Array(buffer), new Uint8Array(buffer, 1, 3), new Uint8ClampedArray(buffer),
    new Int16Array(buffer, 2), new Uint16Array(buffer), new Int32Array(buffer, 4),
    new Uint32Array(buffer), new Float32Array(buffer), new Float64Array(buffer),
    new BigInt64Array(buffer), new BigUint64Array(buffer), new DataView(buffer, 3, 2), buffer],
  view_resizable: [new Uint8Array(resizable), new Uint8Array(resizable, 1, 2),
    new DataView(resizable, 1)],
  boxed: [Object(true), Object(false), Object(1.5), Object('s\u4e2d'), Object(-5n)],
  shared: [shared, shared, { again: shared }], cycle,
  map_of_itself: (() => { const m = new Map(); m.set(m, m); return m; })(),
  nested: nested(500),
};

if (process.argv[2] === 'write') {
  for (const [name, value] of Object.entries(table)) {
    console.log(name, serialize(value).toString('hex'));
  }
} else {
  let failures = 0;
  const lines = fs.readFileSync(process.argv[3], 'utf8').trim().split('\n');
  for (const line of lines) {
    const [name, hex] = line.split(' ');
    try {
      const value = deserialize(Buffer.from(hex, 'hex'));
      if (name === 'date_invalid') assert.ok(Number.isNaN(value.getTime()));
      else assert.deepStrictEqual(value, table[name]);
      if (value instanceof Error) {
        assert.strictEqual(value.stack, table[name].stack);
        assert.deepStrictEqual(value.cause, table[name].cause);
      }
      if (name === 'shared') assert.ok(value[0] === value[1] && value[2].again === value[0]);
      if (name === 'cycle') assert.ok(value.list[0] === value && value.list[1] === value.list);
      if (name === 'views') assert.ok(value.slice(0, 12).every((v) => v.buffer === value[12]));
      if (name === 'view_resizable') assert.ok(value[0].buffer.resizable);
      // The same bytes as V8 writes itself, save for what it has more than one form for.
      if (!/holes|error|nan|invalid|indexes|map$/.test(name)) {
        assert.strictEqual(hex, serialize(table[name]).toString('hex'));
      }
    } catch (error) {
      failures += 1;
      console.log(`${name}: ${error.message}`);
    }
  }
  if (lines.length !== Object.keys(table).length) {
    failures += 1;
    console.log(`${lines.length} values came back of ${Object.keys(table).length}`);
  }
  process.exit(failures === 0 ? 0 : 1);
}
