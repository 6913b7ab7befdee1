// The peer that users come from: Deno on its own file, the four measures of the sqlite: backend.
// Prints one JSON line a measure: {"name", "rate"}. Run: deno run -A --unstable-kv deno.mjs FILE
const file = Deno.args[0];
const keyCount = 100_000;
const seconds = Number(Deno.args[1] ?? 3);
const key = (index) => ["bench", String(index).padStart(14, "0")];
let written = 0;
const value = () => {
    const bytes = new Uint8Array(100);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(++written));
    return bytes;
};

const kv = await Deno.openKv(file);
for (let at = 0; at < keyCount; at += 500) {
    const write = kv.atomic();
    for (let i = at; i < at + 500; i++) write.set(key(i), value());
    await write.commit();
}

async function measure(name, step) {
    const end = performance.now() + seconds * 1000;
    const start = performance.now();
    let operations = 0;
    while (performance.now() < end) operations += await step();
    const rate = operations / ((performance.now() - start) / 1000);
    console.log(JSON.stringify({ name, rate }));
}

const random = () => Math.floor(Math.random() * keyCount);
await measure("get", async () => {
    for (let i = 0; i < 100; i++) await kv.get(key(random()));
    return 100;
});
await measure("scan", async () => {
    let rows = 0;
    for await (const _ of kv.list({ prefix: ["bench"] }, { limit: 10_000 })) rows++;
    return rows;
});
await measure("durable set, 1 in flight", async () => {
    await kv.set(key(random()), value());
    return 1;
});
await measure("durable set, 100 in flight", async () => {
    const sets = [];
    for (let i = 0; i < 100; i++) sets.push(kv.set(key(random()), value()));
    await Promise.all(sets);
    return 100;
});
kv.close();
