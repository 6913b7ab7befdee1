//   node node_peer.mjs VERB URL ...
import { deserialize, serialize } from 'node:v8';
import { openKv } from '@deno/kv';
import { everything } from './script.mjs';
import { verbs } from './verbs.mjs';

const [verb, place, ...rest] = process.argv.slice(2);
// Over the network the package leaves values to its caller.
const db = await openKv(place, { encodeV8: serialize, decodeV8: deserialize });
await (verb === 'everything' ? everything(db) : verbs[verb](db, ...rest));
db.close();
