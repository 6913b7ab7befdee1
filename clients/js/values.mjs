// Values as the JSON of a Turntable server: what JSON lacks is an object with one member whose name
// begins with `$`.

const isPlainForm = (object, names) => names.length === 1 && names[0].startsWith('$');

const toBase64 = (bytes) => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};

export const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

function objectForm(object, within) {
  if (object instanceof Date) {
    return { $date: Number.isNaN(object.getTime()) ? null : object.getTime() };
  }
  if (object instanceof Uint8Array) return { $bytes: toBase64(object) };
  if (within.includes(object)) throw new TypeError('a message must not contain itself');
  const form = (value) => toForm(value, [...within, object]);
  if (Array.isArray(object)) return Array.from(object, form);
  if (object instanceof Map) return { $map: Array.from(object, (pair) => pair.map(form)) };
  if (object instanceof Set) return { $set: Array.from(object, form) };
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new TypeError(`a message cannot hold a ${prototype.constructor?.name ?? 'such object'}`);
  }
  const names = Object.keys(object);
  const pairs = names.map((name) => [name, form(object[name])]);
  return isPlainForm(object, names) ? { $object: pairs } : Object.fromEntries(pairs);
}

/** A value as the server takes it; TypeError for what it has no form for. */
export function toForm(value, within = []) {
  switch (typeof value) {
    case 'undefined': return { $undefined: true };
    case 'bigint': return { $bigint: String(value) };
    case 'number': return Number.isFinite(value) ? value : { $number: String(value) };
    case 'string':
    case 'boolean': return value;
    case 'object': return value === null ? null : objectForm(value, within);
    default: throw new TypeError(`a message cannot hold a ${typeof value}`);
  }
}

const readers = {
  $undefined: () => undefined,
  $hole: () => undefined,
  $number: Number,
  $bigint: BigInt,
  $u64: BigInt,
  $text: (text) => new TextEncoder().encode(text),
  $bytes: fromBase64,
  $date: (time) => new Date(time ?? NaN),
  $map: (pairs) => new Map(pairs.map((pair) => pair.map(fromForm))),
  $set: (values) => new Set(values.map(fromForm)),
  $object: (pairs) => Object.fromEntries(pairs.map(([name, value]) => [name, fromForm(value)])),
};

/** The value behind what the server gave; TypeError for a form that is not known here. */
export function fromForm(form) {
  if (form === null || typeof form !== 'object') return form;
  if (Array.isArray(form)) return form.map(fromForm);
  const names = Object.keys(form);
  if (!isPlainForm(form, names)) {
    return Object.fromEntries(names.map((name) => [name, fromForm(form[name])]));
  }
  const read = readers[names[0]];
  if (!read) throw new TypeError(`a value of the form ${names[0]} cannot be read here`);
  return read(form[names[0]]);
}

/** A message with a value that the server could not read: `v8` is what was stored, a Uint8Array. */
export class UnreadableValue extends Error {
  constructor(message, v8) {
    super('the value was stored by another version of V8, and the server cannot read it');
    this.name = 'UnreadableValue';
    this.id = message;
    this.v8 = v8;
  }
}

/** The value of a message as the server gives it; UnreadableValue where it gives only bytes. */
export function valueOf({ id, messageId = id, value, v8 }) {
  if (v8 !== undefined) throw new UnreadableValue(messageId, fromBase64(v8));
  return fromForm(value);
}
