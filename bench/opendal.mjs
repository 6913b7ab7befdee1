// A peer of the fs: backend: OpenDAL's npm package, the measures of bench_fs. Of its blocking and
// its awaited calls the faster ones count. Prints one JSON line a measure: {"opendal", "rate"}.
// Run: node opendal.mjs FOLDER
import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";

const require = createRequire(new URL("../tests/interop/package.json", import.meta.url));
const { Operator } = require("opendal");

const root = process.argv[2];
const files = 10_000;
const fill = (folder, bytes, count) => {
    mkdirSync(`${root}/${folder}`, { recursive: true });
    const content = Buffer.alloc(bytes, "f");
    for (let i = 0; i < count; i++) writeFileSync(`${root}/${folder}/file-${i}`, content);
};
const operator = new Operator("fs", { root });

// The rate of the middle one of so many rounds.
async function rate(rounds, count, step, prepare = () => {}) {
    const rates = [];
    for (let round = 0; round <= rounds; round++) {
        prepare();
        const start = performance.now();
        for (let i = 0; i < count; i++) await step(i);
        // The first one only warms.
        if (round > 0) rates.push((count * 1000) / (performance.now() - start));
    }
    return rates.sort((a, b) => a - b)[Math.floor(rounds / 2)];
}

async function measure(name, rounds, count, blocking, awaited, prepare) {
    const best = Math.max(
        await rate(rounds, count, blocking, prepare),
        await rate(rounds, count, awaited, prepare));
    console.log(JSON.stringify({ opendal: name, rate: best }));
}

fill("small", 4096, 1000);
const small = () => `small/file-${Math.floor(Math.random() * 1000)}`;
await measure("fs read of 4 KiB", 3, 10_000,
    () => operator.readSync(small()), () => operator.read(small()));
fill("large", 16 << 20, 1);
await measure("fs read of 16 MiB", 3, 20,
    () => operator.readSync("large/file-0"), () => operator.read("large/file-0"));
const bytes = Buffer.alloc(16 << 20, "w");
const changed = (i) => {
    bytes[0] = i;
    return bytes;
};
await measure("fs write of 16 MiB", 5, 2,
    (i) => operator.writeSync("large/written", changed(i)),
    (i) => operator.write("large/written", changed(i)));
fill("many", 10, files);
// Its lists tell names and kinds only, and it does not sync removals.
const look = (entries) => {
    if (entries.filter((entry) => entry.metadata().isFile()).length !== files) {
        throw new Error(`${entries.length} entries`);
    }
};
await measure("fs list of 10,000, names only", 3, 1,
    () => look(operator.listSync("many/")), async () => look(await operator.list("many/")));
await measure("fs remove_all of 10,000, not synced", 1, 1,
    () => operator.removeAllSync("many/"), () => operator.removeAll("many/"),
    () => fill("many", 10, files));
