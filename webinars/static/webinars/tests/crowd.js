/** Many pages in one clock, for tests of what a crowd does to a server. */
import { ApiError } from "../api_client.js";
import { Room } from "../room.js";

const TICK_MS = 20;

/** Everything that waits for a settled promise has run; cheaper than many turns of the microtask queue. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A clock that runs thousands of timers quickly, in steps of 20 ms, with chance that repeats (mulberry32). */
export class CrowdClock {
  #ticks = new Map();
  #next = 1;
  #tickOf = new Map();

  constructor({ seed, now = Date.parse("2026-03-02T10:00:00Z") }) {
    this.start = this.time = now;
    this.seed = seed;
  }

  now = () => this.time;

  random = () => {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  setTimeout = (run, milliseconds) => {
    const id = this.#next++;
    const tick = Math.max(this.#tick + 1, Math.ceil((this.time + milliseconds - this.start) / TICK_MS));
    if (!this.#ticks.has(tick)) this.#ticks.set(tick, new Map());
    this.#ticks.get(tick).set(id, run);
    this.#tickOf.set(id, tick);
    return id;
  };

  clearTimeout = (id) => {
    this.#ticks.get(this.#tickOf.get(id))?.delete(id);
    this.#tickOf.delete(id);
  };

  get #tick() {
    return Math.floor((this.time - this.start) / TICK_MS);
  }

  get seconds() {
    return (this.time - this.start) / 1000;
  }

  async pass(milliseconds) {
    await settled();
    for (const end = this.time + milliseconds; this.time < end; ) {
      this.time += TICK_MS;
      const due = this.#ticks.get(this.#tick);
      if (!due) continue;
      this.#ticks.delete(this.#tick);
      for (const [id, run] of due) {
        this.#tickOf.delete(id);
        run();
      }
      await settled();
    }
  }
}

/** How many of `times` (seconds) fall into each stretch of `width` seconds from `from` to `to`. */
export function perStretch(times, { from, to, width }) {
  const counts = Array(Math.ceil((to - from) / width)).fill(0);
  for (const time of times) if (time >= from && time < to) counts[Math.floor((time - from) / width)] += 1;
  return counts;
}

/**
 * `pages` rooms against one server: `server.sockets` says whether it accepts sockets, `server.answer` what it does
 * with a request: a status, "timeout", or null for well; `server.seq` is where its greetings begin. `requests` and `handshakes` are the seconds at which each came.
 */
export function crowd(t, { pages, seed, reconnectSeconds = 2 }) {
  const clock = new CrowdClock({ seed });
  t.mock.method(Date, "now", () => clock.now());
  const server = { sockets: true, answer: null, requests: [], handshakes: [], seq: 0, open: new Set() };
  class Socket {
    constructor() {
      server.handshakes.push(clock.seconds);
      clock.setTimeout(() => this.#answered(), TICK_MS);
    }

    #answered() {
      if (this.closed) return;
      if (!server.sockets) return void this.onclose?.({ code: 1006 });
      server.open.add(this);
      this.onmessage?.({ data: JSON.stringify({ type: "hello", epoch: "e", seq: server.seq, heartbeatSeconds: 3600, reconnectSeconds }) });
    }

    close() {
      this.closed = true;
      server.open.delete(this);
    }
  }
  const respond = async () => {
    server.requests.push(clock.seconds);
    const { answer } = server;
    if (answer === "timeout") await new Promise((resolve) => clock.setTimeout(resolve, 10_000));
    if (answer !== null) throw new ApiError({ status: answer === "timeout" ? 0 : answer, code: "x", message: "" });
    return {};
  };
  const pass = { token: "p", lost: false, subscribe: () => {}, wake: () => {} };
  const words = [];
  const rooms = Array.from({ length: pages }, (_, page) => {
    const room = new Room({ socketUrl: "ws://x/", stateUrl: "state", api: { get: respond }, pass, clock, WebSocket: Socket });
    room.add({ name: "chat", everyMs: 2_000, catchUp: respond, expect: () => false });
    room.add({ name: "questions", everyMs: 5_000, catchUp: respond, expect: () => false });
    room.on("connection", ({ name }) => (words[page] = name));
    return room;
  });
  const loseAll = (code) => {
    for (const socket of [...server.open]) socket.onclose({ code });
  };
  return { clock, server, rooms, words, loseAll };
}
