// The queue of a Turntable server, for Deno, Node and browsers; no dependencies.
import { toForm, valueOf } from './values.mjs';

/** What the server refused: its status, and why in the message. */
export class QueueError extends Error {
  constructor(status, text, retryAfterMs) {
    super(`${status}: ${text.trim()}`);
    this.name = 'QueueError';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** The same call may be answered later. */
  get isTemporary() {
    return this.status === 429 || this.status >= 500;
  }
}

const pauseMin = 100;
const pauseMax = 10_000;

function pause(ms, signal) {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    }, { once: true });
  });
}

/**
 * A queue behind a server.
 *
 *   const queue = new Queue('http://127.0.0.1:4512', { accessToken });
 *   await queue.enqueue({ to: 'ann@example.org' }, { delay: 5000 });
 *   await queue.listenQueue(async (message) => { ... }, { signal });
 *
 * `url` is that of a database, as for `Deno.openKv`; `fetch` stands in for the one of the platform.
 */
export class Queue {
  #url;
  #headers;
  #fetch;

  constructor(url, { accessToken, fetch = globalThis.fetch } = {}) {
    this.#url = String(url).replace(/\/+$/, '');
    this.#headers = accessToken ? { authorization: `Bearer ${accessToken}` } : {};
    this.#fetch = fetch;
  }

  /**
   * Stores a message; the options are those of Deno. Resolves to its versionstamp. After an error
   * that is no QueueError it is not known whether the message was stored.
   */
  async enqueue(value, { delay, backoffSchedule, keysIfUndelivered } = {}, signal) {
    const keys = keysIfUndelivered?.map((key) => key.map((part) => toForm(part)));
    const answer = await this.#call('enqueue', {
      value: toForm(value), delayMs: delay, backoffMs: backoffSchedule, keysIfUndelivered: keys,
    }, signal);
    return { ok: true, versionstamp: (await answer.json()).versionstamp };
  }

  /**
   * Hands each message to `handler`, up to `concurrency` at once, until `signal` aborts; what is
   * being handled then is finished first. A handler that throws gives its message back, which is
   * delivered again by its schedule. Rejects when the server refuses for good.
   */
  async listenQueue(handler, { signal, concurrency = 1 } = {}) {
    const broken = new AbortController();
    const all = AbortSignal.any([broken.signal, ...(signal ? [signal] : [])]);
    const workers = Array.from({ length: concurrency }, async () => {
      try {
        await this.#work(handler, all);
      } catch (error) {
        broken.abort();
        throw error;
      }
    });
    const ends = await Promise.allSettled(workers);
    const failed = ends.find(({ status }) => status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #work(handler, signal) {
    let wait = pauseMin;
    while (!signal.aborted) {
      try {
        const answer = await this.#call('take', {}, signal);
        wait = pauseMin;
        if (answer.status === 200) await this.#deliver(handler, await answer.json());
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof QueueError && !error.isTemporary) throw error;
        await pause(error.retryAfterMs ?? wait, signal);
        wait = Math.min(wait * 2, pauseMax);
      }
    }
  }

  async #deliver(handler, message) {
    const { id, leaseUntilMs } = message;
    const lease = Math.max(leaseUntilMs - Date.now(), 2 * pauseMin);
    const ignored = () => {};  // the lease ends, and the message is delivered again
    const extend = setInterval(() => this.#call('extend', { id }).catch(ignored), lease / 2);
    let delivered = true;
    try {
      await handler(valueOf(message));
    } catch (error) {
      delivered = false;
      console.error('a message was not handled, and will be delivered again:', error);
    } finally {
      clearInterval(extend);
    }
    await this.#call('finish', { id, delivered }).catch(ignored);
  }

  async #call(name, body, signal) {
    const answer = await this.#fetch(`${this.#url}/queue/${name}`, {
      method: 'POST',
      headers: { ...this.#headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
    if (answer.ok) return answer;
    const after = Number(answer.headers.get('retry-after') ?? NaN);
    throw new QueueError(answer.status, await answer.text(),
                         Number.isNaN(after) ? undefined : after * 1000);
  }
}
