// Serial gets of one key over KV Connect; prints how many a second. Run: deno run -A --unstable-kv
// deno_get.mjs URL; a URL that ends with #set sets the key first.
const [url, first] = Deno.args[0].split("#");
const seconds = 3;
const kv = await Deno.openKv(url);
if (first === "set") await kv.set(["get"], new Uint8Array(100));
for (let i = 0; i < 200; i++) await kv.get(["get"]);

const start = performance.now();
const end = start + seconds * 1000;
let gets = 0;
for (; performance.now() < end; gets++) await kv.get(["get"]);
console.log(gets / ((performance.now() - start) / 1000));
kv.close();
