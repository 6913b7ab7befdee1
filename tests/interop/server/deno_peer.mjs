//   deno run -A --unstable-kv deno_peer.mjs VERB URL-OR-FILE ...
import { everything } from './script.mjs';
import { verbs } from './verbs.mjs';

const [verb, place, ...rest] = Deno.args;
const db = await Deno.openKv(place);
await (verb === 'everything' ? everything(db) : verbs[verb](db, ...rest));
db.close();
