// What both clients can do, told line by line; the test compares the lines.
const refused = async (call) => {
  try {
    await call();
    return "accepted";
  } catch (error) {
    return `refused: ${/max 65536 bytes|non-U64 value/.exec(error.message)?.[0]}`;
  }
};
const values = (entries) => entries.map((entry) => String(entry.value)).join();
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export async function operations(kv, tell) {
  tell("set", (await kv.set(["a", 1], { hello: "world", n: 42n })).ok);
  const { value } = await kv.get(["a", 1]);
  tell("get", value.hello, value.n);
  tell("absent", (await kv.get(["nothing"])).versionstamp);
  for (let i = 0; i < 150; i++) await kv.set(["l", i], i);
  let count = 0;
  for await (const entry of kv.list({ prefix: ["l"] })) count += entry.value === count;
  tell("list", count);
  const last = [];
  const backwards = kv.list({ prefix: ["l"] }, { reverse: true, limit: 3 });
  for await (const entry of backwards) last.push(entry);
  tell("reverse", values(last));
  tell("many", values(await kv.getMany([["l", 3], ["zz"], ["l", 4]])));

  let write = kv.atomic();
  for (let i = 0; i < 100; i++) write = write.check({ key: ["c", i], versionstamp: null });
  tell("100 checks", (await write.set(["c", 0], 1).commit()).ok);
  const again = kv.atomic().check({ key: ["c", 0], versionstamp: null }).set(["c", 0], 2);
  tell("failed check", (await again.commit()).ok);
  for (const n of [5n, 6n]) await kv.atomic().sum(["u"], n).commit();
  tell("sum", (await kv.get(["u"])).value.value);
  await kv.set(["x"], 1, { expireIn: 50 });
  await pause(100);
  tell("expired", (await kv.get(["x"])).value);
  tell("large", await refused(() => kv.set(["big"], new Uint8Array(70000))));
  tell("type", await refused(() => kv.atomic().set(["s"], "text").sum(["s"], 1n).commit()));
  tell("nothing of it", (await kv.get(["s"])).value);

  await kv.set(["w2"], "start");
  const watch = kv.watch([["w"], ["w2"]]).getReader();
  tell("watch", values((await watch.read()).value));
  await kv.set(["w"], "one");
  tell("watch", values((await watch.read()).value));
  await kv.delete(["w2"]);
  tell("watch", values((await watch.read()).value));
  await watch.cancel();
}
