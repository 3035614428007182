/**
 * The room's websocket: connects with the live pass, hands events on in order, notices silence and
 * holes, and comes back by itself. The first wait after a loss is spread evenly over what the server
 * said its crowd needs (`reconnectSeconds`), since everybody may have been lost at once; the next ones
 * grow, with full jitter, to 30 s.
 *
 * `onState` hears "connecting", "open", "waiting" (with the wait) and "stopped" (with the code).
 * Coming back it says up to where it heard everything, and a server that still has what came since goes on
 * there. `onGap` hears that events may have been missed: after any other connection, a hole in `seq`, a new
 * epoch, or a heartbeat that is ahead of what was received.
 */
import { between, browserClock } from "./clock.js";

export const PROTOCOL = "eventflow.v1";
export const BAD_PASS = 4401;
const REALTIME_AWAY = 1013;
const FINAL_CODES = new Set([4403, 4404]);
const HELLO_WITHIN_MS = 10_000;
const SHORTEST_WAIT_MS = 1_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 30_000;
const STEADY_AFTER_MS = 10_000;
const SILENCE_FACTOR = 1.5;

/** The wait before attempt number `attempt` (0 for the first after a loss, which takes `firstMs` at most). */
export const reconnectWait = (clock, attempt, firstMs = FIRST_WAIT_MS) =>
  between(clock, SHORTEST_WAIT_MS, Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, firstMs) * 2 ** attempt));

export class RoomSocket {
  #socket = null;
  #timer = null;
  #watch = null;
  #silentAt = Infinity;
  #attempt = 0;
  #openedAt = null;
  #heartbeatMs = 25_000;
  #epoch = null;
  #seq = null;
  #used = null;
  #turn = 0;

  /** `url(heard)` is asked at each attempt: {epoch, seq}, or null. */
  constructor({ url, pass, onEvents, onGap, onState, WebSocket = globalThis.WebSocket, clock = browserClock }) {
    Object.assign(this, { url, pass, onEvents, onGap, onState, WebSocket, clock });
    this.state = "idle";
    this.reconnectMs = FIRST_WAIT_MS;
  }

  start() {
    if (this.state === "idle" || this.state === "stopped") this.#connect();
  }

  /** Leaves without coming back; `start` begins anew, as if nothing had been heard: what was still to be fetched is given up, too. */
  stop() {
    this.#drop();
    this.#epoch = null;
    this.#enter("stopped", { code: null });
  }

  /** The network or the page came back: do not sit out the wait. */
  hurry() {
    if (this.state === "waiting") this.#connect();
  }

  /** The page woke up: a socket that fell silent while its timers stood still is not waited for. */
  wake() {
    this.hurry();
    if (this.state === "open" && this.clock.now() > this.#silentAt) this.#closed(1006);
  }

  /** A socket lives on with the pass that replaces its own. */
  tellPass() {
    if (this.state !== "open" || this.#used === this.pass.token) return;
    this.#used = this.pass.token;
    this.#socket.send(JSON.stringify({ type: "pass", pass: this.#used }));
  }

  #enter(state, detail = {}) {
    this.state = state;
    this.#turn += 1;
    this.onState(state, detail);
  }

  #connect() {
    this.#drop();
    this.#enter("connecting", { attempt: this.#attempt });
    let socket;
    this.#used = this.pass.token;
    try {
      socket = new this.WebSocket(this.url(this.#heard()), [PROTOCOL, `bearer.${this.#used}`]);
    } catch {
      return this.#retry();
    }
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => this.#closed(code);
    this.#expect(HELLO_WITHIN_MS);
  }

  #heard() {
    return this.#epoch === null ? null : { epoch: this.#epoch, seq: this.#seq };
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
    this.#silentAt = this.clock.now() + withinMs;
    this.clock.clearTimeout(this.#watch);
    this.#watch = this.clock.setTimeout(() => this.#closed(1006), withinMs);
  }

  #receive(text) {
    const frame = JSON.parse(text);
    this.#expect(this.#heartbeatMs * SILENCE_FACTOR);
    if (frame.reconnectSeconds) this.reconnectMs = frame.reconnectSeconds * 1000;
    if (frame.type === "hello") this.#hello(frame);
    if (frame.type === "events") this.#events(frame.events);
    if (frame.type === "heartbeat") this.#compare(frame);
  }

  /** The first frame; on an open socket it says that the count begins anew, for everybody in the room. */
  #hello({ epoch, seq, heartbeatSeconds }) {
    const anew = this.state === "open";
    const goesOn = !anew && epoch === this.#epoch && seq === this.#seq;
    this.#heartbeatMs = (heartbeatSeconds || 25) * 1000;
    this.#expect(this.#heartbeatMs * SILENCE_FACTOR);
    this.#epoch = epoch;
    this.#seq = seq;
    if (anew) return this.onGap("anew");
    this.#openedAt = this.clock.now();
    this.#enter("open");
    this.tellPass();
    if (!goesOn) this.onGap("connected");
  }

  /** What is meant for this person alone has no number: it is neither counted nor held back. */
  #events(events) {
    const fresh = [];
    let hole = false;
    for (const event of events) {
      if (event.seq === null) {
        fresh.push(event);
        continue;
      }
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

  #closed(code) {
    this.#drop();
    if (code === REALTIME_AWAY) this.#epoch = null; // what was told meanwhile may have got no number
    if (FINAL_CODES.has(code)) return this.#enter("stopped", { code });
    const steady = this.#openedAt !== null && this.clock.now() - this.#openedAt > STEADY_AFTER_MS;
    this.#openedAt = null;
    if (steady) this.#attempt = 0;
    if (code === BAD_PASS) return this.#renewAndRetry();
    return this.#retry();
  }

  /** Whoever left meanwhile, or hurried, does not come back for the renewal's sake. */
  #renewAndRetry() {
    this.#enter("waiting", { milliseconds: 0 });
    const waits = this.#turn;
    const goOn = () => {
      if (waits !== this.#turn) return;
      if (this.pass.lost) this.#enter("stopped", { code: BAD_PASS });
      else this.#retry();
    };
    this.pass.renew(this.#used).then(goOn, goOn);
  }

  #retry() {
    const milliseconds = reconnectWait(this.clock, this.#attempt, this.reconnectMs);
    this.#attempt += 1;
    this.#enter("waiting", { milliseconds });
    this.#timer = this.clock.setTimeout(() => this.#connect(), milliseconds);
  }
}
