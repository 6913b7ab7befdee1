// node peer.mjs ROOT: OpenDAL's fs service on the folder of a store. Reads every blob below ours/
// and writes what it read, behind a mark, under the same name below theirs/.
import { createRequire } from "node:module";

const require = createRequire(new URL("../package.json", import.meta.url));
const { Operator } = require("opendal");

const operator = new Operator("fs", { root: process.argv[2] });
const mark = Buffer.from("read: ");
let count = 0;
for (const entry of await operator.list("ours/", { recursive: true })) {
    const path = entry.path();
    if (path.endsWith("/")) {
        continue;
    }
    const content = await operator.read(path);
    const size = (await operator.stat(path)).contentLength;
    if (size !== BigInt(content.length)) {
        throw new Error(`${path}: ${size} bytes, and ${content.length} were read`);
    }
    await operator.write("theirs/" + path.slice("ours/".length), Buffer.concat([mark, content]));
    ++count;
}
console.log(count);
