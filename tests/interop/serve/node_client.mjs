import { openKv } from "@deno/kv";
import { deserialize, serialize } from "node:v8";
import { operations } from "./operations.mjs";

const kv = await openKv(process.argv[2], {
  accessToken: process.env.DENO_KV_ACCESS_TOKEN,
  encodeV8: serialize,
  decodeV8: deserialize,
});
await operations(kv, (...words) => console.log(words.map(String).join(" ")));
kv.close();
process.exit(0);
