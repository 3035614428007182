/**
 * The room as this page knows it: joins the socket, the fallback polling and the catching-up, so
 * that the rest of the page hears events without caring which way they came.
 */
import { between, browserClock } from "./clock.js";
import { describeConnection } from "./connection.js";
import { MessagePolling } from "./message_polling.js";
import { RoomSocket } from "./socket.js";

const POLLING_AFTER_MS = 4_000;
const STATE_EVERY_MS = 30_000;
const ON_THE_WAY_MS = 2_000;

export class Room {
  #polling;
  #socket;
  #waiting = null;
  #expecting = null;
  #stateAskedAt = -Infinity;
  #statesHeard = 0;
  #facts = { online: true, superseded: false, socket: "idle", polling: "off", stopStatus: null };

  /** `on` holds the page's answers: connection(view), event(event), state(snapshot). */
  constructor({ config, api, pass, sync, on, clock = browserClock, WebSocket = globalThis.WebSocket }) {
    Object.assign(this, { config, api, pass, sync, on, clock });
    this.#socket = new RoomSocket({
      url: config.urls.socket,
      pass,
      clock,
      WebSocket,
      onEvents: (events) => events.forEach((event) => this.#hear(event)),
      onGap: () => this.#recover(),
      onState: (state, detail) => this.#socketIs(state, detail),
    });
    this.#polling = new MessagePolling({
      poll: () => this.#poll(),
      intervalMs: config.intervals.chatPollSeconds * 1000,
      clock,
      onState: (state, { error } = {}) => this.#pollingIs(state, error),
    });
  }

  enter() {
    this.#note({ superseded: false, stopStatus: null });
    this.#socket.start();
  }

  /** Stops all traffic, keeps what is shown. */
  leave(facts = {}) {
    this.clock.clearTimeout(this.#waiting);
    this.clock.clearTimeout(this.#expecting);
    this.#waiting = this.#expecting = null;
    this.#polling.stop();
    this.#socket.stop();
    this.#note(facts);
  }

  setOnline(online) {
    this.#note({ online });
    if (online) this.#socket.hurry();
  }

  /**
   * The server has messages up to `lastSeq`. Those that this page has not are on the way, or were lost before they were
   * sent: after a moment, a different one on each page, they are fetched.
   */
  expect(lastSeq) {
    if (this.#expecting !== null || lastSeq <= this.sync.store.lastSeq) return;
    this.#expecting = this.clock.setTimeout(() => {
      this.#expecting = null;
      if (lastSeq > this.sync.store.lastSeq) this.fillHole();
    }, between(this.clock, ON_THE_WAY_MS, 2 * ON_THE_WAY_MS));
  }

  /** Whether a message is missing: the store saw a later one. */
  async fillHole() {
    await this.sync.catchUp().catch(() => this.#startPolling());
  }

  #socketIs(state, { code } = {}) {
    this.#note({ socket: state });
    if (state === "open") {
      this.clock.clearTimeout(this.#waiting);
      this.#waiting = null;
      this.#polling.stop();
      return;
    }
    if (state === "stopped" && code) return this.leave({ stopStatus: code === 4404 ? 404 : code === 4401 ? 401 : 403 });
    if (state === "waiting") this.#startPolling();
    if (state === "connecting") this.#waiting ??= this.clock.setTimeout(() => this.#startPolling(), POLLING_AFTER_MS);
  }

  #startPolling() {
    if (this.#facts.stopStatus === null && !this.#facts.superseded) this.#polling.start();
  }

  #pollingIs(state, error) {
    this.#note({ polling: state });
    if (state === "ok" && this.#facts.socket === "open") this.#polling.stop();
    if (state === "stopped") this.leave({ stopStatus: error.status });
  }

  async #poll() {
    await this.sync.catchUp();
    if (this.clock.now() - this.#stateAskedAt >= STATE_EVERY_MS) await this.#askState();
  }

  #hear(event) {
    if (event.type === "webinar.state") this.#statesHeard += 1;
    this.on.event(event);
  }

  /** An answer that the socket overtook may be older than what it told: the question is asked again. */
  async #askState() {
    const heard = this.#statesHeard;
    this.#stateAskedAt = this.clock.now();
    const state = await this.api.get(this.config.urls.state);
    if (heard !== this.#statesHeard) return this.#askState();
    this.on.state(state);
  }

  /** After a connection or a hole: what was missed, then how the webinar stands. */
  async #recover() {
    try {
      await this.sync.catchUp({ lookBack: true });
      await this.#askState();
    } catch (error) {
      if ([401, 403, 404, 410].includes(error.status)) this.leave({ stopStatus: error.status });
      else this.#startPolling();
    }
  }

  #note(facts) {
    Object.assign(this.#facts, facts);
    this.on.connection(describeConnection(this.#facts));
  }
}
