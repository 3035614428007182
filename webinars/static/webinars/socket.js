/**
 * The room's websocket: connects with the live pass, hands events on in order, notices silence and
 * holes, and comes back by itself with jittered waits of 1 to 30 s.
 *
 * `onState` hears "connecting", "open", "waiting" (with the wait) and "stopped" (with the code).
 * `onGap` hears that events may have been missed: after every (re)connection, a hole in `seq`, a
 * new epoch, or a heartbeat that is ahead of what was received.
 */
import { between, browserClock } from "./clock.js";

export const PROTOCOL = "eventflow.v1";
export const BAD_PASS = 4401;
const FINAL_CODES = new Set([4403, 4404]);
const HELLO_WITHIN_MS = 10_000;
const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const STEADY_AFTER_MS = 10_000;
const SILENCE_FACTOR = 1.5;

/** The wait before attempt number `attempt` (0 for the first after a loss). */
export const reconnectWait = (clock, attempt) =>
  between(clock, SHORTEST_WAIT_MS, Math.min(LONGEST_WAIT_MS, 2 * SHORTEST_WAIT_MS * 2 ** attempt));

export class RoomSocket {
  #socket = null;
  #timer = null;
  #watch = null;
  #attempt = 0;
  #openedAt = null;
  #heartbeatMs = 25_000;
  #epoch = null;
  #seq = null;

  constructor({ url, pass, onEvents, onGap, onState, WebSocket = globalThis.WebSocket, clock = browserClock }) {
    Object.assign(this, { url, pass, onEvents, onGap, onState, WebSocket, clock });
    this.state = "idle";
  }

  start() {
    if (this.state === "idle" || this.state === "stopped") this.#connect();
  }

  /** Leaves without coming back; `start` begins anew. */
  stop() {
    this.#drop();
    this.#enter("stopped", { code: null });
  }

  /** The network or the page came back: do not sit out the wait. */
  hurry() {
    if (this.state === "waiting") this.#connect();
  }

  #enter(state, detail = {}) {
    this.state = state;
    this.onState(state, detail);
  }

  #connect() {
    this.#drop();
    this.#enter("connecting", { attempt: this.#attempt });
    let socket;
    try {
      socket = new this.WebSocket(this.url, [PROTOCOL, `bearer.${this.pass.token}`]);
    } catch {
      return this.#retry();
    }
    this.#socket = socket;
    const used = this.pass.token;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.#closed(code, used);
    this.#expect(HELLO_WITHIN_MS);
  }

  /** Forgets the socket: what it still says is not heard. */
  #drop() {
    this.clock.clearTimeout(this.#timer);
    this.clock.clearTimeout(this.#watch);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #expect(withinMs) {
    this.clock.clearTimeout(this.#watch);
    this.#watch = this.clock.setTimeout(() => this.#closed(1006), withinMs);
  }

  #receive(frame) {
    if (frame.type === "hello") this.#hello(frame);
    if (frame.type === "events") this.#events(frame.events);
    if (frame.type === "heartbeat") this.#compare(frame);
    this.#expect(this.#heartbeatMs * SILENCE_FACTOR);
  }

  #hello({ epoch, seq, heartbeatSeconds }) {
    this.#heartbeatMs = (heartbeatSeconds || 25) * 1000;
    this.#openedAt = this.clock.now();
    this.#epoch = epoch;
    this.#seq = seq;
    this.#enter("open");
    this.onGap("connected");
  }

  #events(events) {
    const fresh = [];
    let hole = false;
    for (const event of events) {
      if (event.seq <= this.#seq) continue;
      if (event.seq !== this.#seq + 1) hole = true;
      this.#seq = event.seq;
      fresh.push(event);
    }
    if (fresh.length) this.onEvents(fresh);
    if (hole) this.onGap("hole");
  }

  #compare({ epoch, seq }) {
    const gap = epoch !== this.#epoch || seq > this.#seq;
    this.#epoch = epoch;
    this.#seq = seq;
    if (gap) this.onGap("behind");
  }

  #closed(code, used) {
    this.#drop();
    if (FINAL_CODES.has(code)) return this.#enter("stopped", { code });
    const steady = this.#openedAt !== null && this.clock.now() - this.#openedAt > STEADY_AFTER_MS;
    this.#openedAt = null;
    if (steady) this.#attempt = 0;
    if (code === BAD_PASS) return this.#renewAndRetry(used);
    return this.#retry();
  }

  #renewAndRetry(used) {
    this.#enter("waiting", { milliseconds: 0 });
    this.pass.renew(used).then(
      () => this.state === "waiting" && this.#retry(),
      () => this.pass.lost ? this.#enter("stopped", { code: BAD_PASS }) : this.#retry(),
    );
  }

  #retry() {
    const milliseconds = reconnectWait(this.clock, this.#attempt);
    this.#attempt += 1;
    this.#enter("waiting", { milliseconds });
    this.#timer = this.clock.setTimeout(() => this.#connect(), milliseconds);
  }
}
