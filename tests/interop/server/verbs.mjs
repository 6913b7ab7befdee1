// What a client does in the tests of more than one. Values are bytes of JSON: Node cannot read what
// the V8 of Deno serializes.
const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));
const text = (entry) => (entry.value ? new TextDecoder().decode(entry.value) : 'null');

export const verbs = {
  /// Sets [name] to a value, and prints its stamp.
  async set(db, name, value) {
    console.log((await db.set([name], bytes(value))).versionstamp);
  },

  async get(db, name) {
    console.log(text(await db.get([name])));
  },

  /// Prints each state of [name] that it is told, until that is `last`.
  async watch(db, name, last) {
    const reader = db.watch([[name]]).getReader();
    for (;;) {
      const { value: [entry] } = await reader.read();
      console.log(text(entry));
      if (text(entry) === JSON.stringify(last)) break;
    }
    await reader.cancel();
  },

  /// Adds one to [name] `times` times, each with a check, beside others who do so.
  async count(db, name, times) {
    for (let done = 0; done < Number(times);) {
      const before = await db.get([name]);
      const more = bytes((JSON.parse(text(before)) ?? 0) + 1);
      if ((await db.atomic().check(before).set([name], more).commit()).ok) ++done;
    }
  },

  /// Both of [name, 0] and [name, 1] are written in one commit; never sees one without the other.
  async pairs(db, name, times) {
    for (let i = 0; i < Number(times); ++i) {
      await db.atomic().set([name, 0], bytes(i)).set([name, 1], bytes(i)).commit();
      const [a, b] = await db.getMany([[name, 0], [name, 1]]);
      if (a.versionstamp !== b.versionstamp || text(a) !== text(b)) throw new Error('torn');
    }
  },

  /// Writes [name, i] from 0 on, printing each i that was acknowledged, until killed.
  async write_on(db, name) {
    for (let i = 0;; ++i) {
      await db.set([name, i], bytes(i));
      console.log(i);
    }
  },
};
