// Exchanges a table of values with the C++ codec.
//   node exchange.mjs write        prints a line "name hex" for each value
//   node exchange.mjs check FILE   reads such lines back and compares them with the table
import assert from 'node:assert';
import fs from 'node:fs';
import v8 from 'node:v8';
import { table } from '../values.mjs';

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
