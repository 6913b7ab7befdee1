import { operations } from "./operations.mjs";

const kv = await Deno.openKv(Deno.args[0]);
await operations(kv, (...words) => console.log(words.map(String).join(" ")));
kv.close();
Deno.exit(0);
