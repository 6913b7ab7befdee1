// A value of each kind that the structured clone algorithm knows, by name.
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

export const table = {
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
