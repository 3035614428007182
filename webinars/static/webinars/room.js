/**
 * The room as this page knows it: joins the socket, the fallback polling and the catching-up, so
 * that the parts of the page hear events without caring which way they came.
 *
 * A part that keeps a list in step with the server registers with `add`; whoever wants to hear
 * something registers with `on`. Nothing here knows what a message or a question is.
 */
import { between, browserClock } from "./clock.js";
import { describeConnection } from "./connection.js";
import { Polling } from "./polling.js";
import { RoomSocket } from "./socket.js";

const STATE = "state";
const STATE_EVERY_MS = 30_000;
const POLLING_AFTER_MS = 4_000;
const POLLING_SPREAD_MS = { least: 2_000, most: 5_000 };
const ON_THE_WAY_MS = 2_000;
const CROWD_MS = 2_000;
const STOP_STATUS = { 4401: 401, 4403: 403, 4404: 404 };

export class Room {
  #socket;
  #polling;
  #inside = false;
  #syncs = new Map();
  #listeners = new Map();
  #fallback = null;
  #expecting = new Map();
  #statesHeard = 0;
  #facts = { online: true, superseded: false, socket: "idle", polling: "off", pass: "valid", stopStatus: null, stopCode: null };

  /**
   * `pageId` and `since` (ms, server time) tell this page from another one of the same person; without them
   * the page takes no part in that (a console). `crowdMs` spreads what many pages would ask for at once;
   * 0 for hosts, who are few.
   */
  constructor({ socketUrl, stateUrl, api, pass, pageId = null, since = null, crowdMs = CROWD_MS, clock = browserClock, WebSocket }) {
    Object.assign(this, { socketUrl, stateUrl, api, pass, pageId, since, crowdMs, clock });
    this.#socket = new RoomSocket({
      url: (heard) => this.#address(heard),
      pass,
      clock,
      WebSocket,
      onEvents: (events) => events.forEach((event) => this.#hear(event)),
      onGap: (why) => this.#recover(why),
      onState: (state, detail) => this.#socketIs(state, detail),
    });
    pass.subscribe((state, error) => this.#passIs(state, error));
    this.#polling = new Polling({ clock, onState: (state, { error } = {}) => this.#pollingIs(state, error) });
    this.#polling.add({ name: STATE, everyMs: STATE_EVERY_MS, ask: () => this.#askState() });
  }

  /**
   * Registers a part that is kept in step:
   * - `name`: "chat", "questions", …
   * - `everyMs`: how often it is polled while the socket is down
   * - `catchUp({ lookBack })`: a promise; fetches what it misses, one at a time, rejecting with an ApiError.
   *   `lookBack` is true after a break, when also changes of what it has may have been missed
   * - `expect(numbers)`: whether, by the server's numbers {lastSeq, lastChangedSeq, lastQuestionChange}, something is
   *   missing here. The room asks again a moment later, since it may be on its way, and then calls `catchUp`.
   */
  add(sync) {
    const { name, everyMs } = sync;
    this.#syncs.set(name, sync);
    this.#polling.add({ name, everyMs, ask: ({ lookBack = false }) => sync.catchUp({ lookBack }) });
    if (this.#facts.socket === "open") this.#polling.once(name, { lookBack: true });
  }

  /**
   * Calls `handler(data, event)` for each event of a type of the wire ("message.created", "member.muted", …), or for
   * what the room itself tells: "connection" ({name, sentence}), "state" (the answer of GET state) and "stopped" (the
   * status and the code, when the room was left for good). Answers a function that ends it.
   */
  on(type, handler) {
    if (!this.#listeners.has(type)) this.#listeners.set(type, new Set());
    this.#listeners.get(type).add(handler);
    return () => this.#listeners.get(type).delete(handler);
  }

  /** A part noticed that something is missing: it is fetched in a moment, a different one on each page. */
  fill(name) {
    if (this.#inside) this.#polling.once(name, { waitMs: between(this.clock, 0, this.crowdMs) });
  }

  /** `since`: when the person took the room back to this page. */
  enter({ since = this.since } = {}) {
    this.since = since;
    this.#inside = true;
    this.#note({ superseded: false, stopStatus: null, stopCode: null });
    this.#socket.start();
  }

  /** Stops all traffic, keeps what is shown. `facts` say why: {superseded} or {stopStatus, stopCode}. */
  leave(facts = {}) {
    this.#inside = false;
    this.#forgetFallback();
    for (const timer of this.#expecting.values()) this.clock.clearTimeout(timer);
    this.#expecting.clear();
    this.#polling.stop();
    this.#socket.stop();
    this.#note(facts);
    if (facts.stopStatus) this.#tell("stopped", facts.stopStatus, facts.stopCode ?? null);
  }

  setOnline(online) {
    this.#note({ online });
    if (online) this.wake();
  }

  /** The page is looked at again, or its machine slept: what should have happened meanwhile happens now. */
  wake() {
    if (!this.#inside) return;
    this.pass.wake();
    this.#socket.wake();
  }

  #address(heard) {
    const page = this.pageId === null ? {} : { page: this.pageId, since: this.since };
    const query = String(new URLSearchParams({ ...page, ...heard }));
    return query ? `${this.socketUrl}?${query}` : this.socketUrl;
  }

  #hear(event) {
    if (event.type === "webinar.state") this.#statesHeard += 1;
    if (event.type === "presence.count") this.#compare(event.data);
    this.#tell(event.type, event.data, event);
    if (event.type === "member.banned") this.leave({ stopStatus: 403 });
    if (event.type === "member.removed") this.leave({ stopStatus: 403, stopCode: event.data.code });
  }

  #passIs(state, error) {
    this.#note({ pass: state });
    if (state === "valid") this.#socket.tellPass();
    if (state === "lost") this.leave({ stopStatus: error.status, stopCode: error.code });
  }

  /** What one part throws is the page's error, not the others' loss. */
  #tell(type, ...what) {
    for (const handler of this.#listeners.get(type) ?? []) {
      try {
        handler(...what);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /**
   * The server's numbers are ahead of what a part has: that is on the way, or was lost before it was sent. After a
   * moment, a different one on each page, it is fetched.
   */
  #compare(numbers) {
    for (const [name, sync] of this.#syncs) {
      if (this.#expecting.has(name) || !sync.expect(numbers)) continue;
      const look = () => {
        this.#expecting.delete(name);
        if (sync.expect(numbers)) this.#polling.once(name);
      };
      this.#expecting.set(name, this.clock.setTimeout(look, between(this.clock, ON_THE_WAY_MS, 2 * ON_THE_WAY_MS)));
    }
  }

  #socketIs(state, { code } = {}) {
    this.#note({ socket: state });
    if (!this.#inside) return;
    if (state === "open") {
      this.#forgetFallback();
      this.#polling.rest();
    } else if (state === "stopped") this.leave({ stopStatus: STOP_STATUS[code] ?? 403 });
    else this.#fallback ??= this.clock.setTimeout(() => this.#polling.start(), this.#fallbackMs());
  }

  /** Late enough that most pages of a broken server process are back before they ask. */
  #fallbackMs() {
    const { least, most } = POLLING_SPREAD_MS;
    return POLLING_AFTER_MS + between(this.clock, 0, Math.min(most, Math.max(least, this.#socket.reconnectMs / 2)));
  }

  #forgetFallback() {
    this.clock.clearTimeout(this.#fallback);
    this.#fallback = null;
  }

  #pollingIs(state, error) {
    this.#note({ polling: state });
    if (state === "stopped") this.leave({ stopStatus: error.status, stopCode: error.code });
  }

  /** An answer that the socket overtook may be older than what it told: the question is asked again. */
  async #askState() {
    const heard = this.#statesHeard;
    const state = await this.api.get(this.stateUrl);
    if (heard !== this.#statesHeard) return this.#askState();
    if (this.#inside) this.#tell(STATE, state);
  }

  /** After a connection or a hole: what was missed, and how the webinar stands. Pages that connect are spread already. */
  #recover(why) {
    const connected = why === "connected";
    if (connected) {
      this.#polling.stop();
      this.#polling.hurry();
    }
    const waitMs = connected ? 0 : between(this.clock, 0, this.crowdMs);
    for (const name of [...this.#syncs.keys(), STATE]) this.#polling.once(name, { waitMs, lookBack: true });
  }

  #note(facts) {
    Object.assign(this.#facts, facts);
    this.#tell("connection", describeConnection(this.#facts));
  }
}
