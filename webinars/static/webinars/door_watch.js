/**
 * Asks every now and then whether what this page waits for has changed: the doors were opened early, the
 * start was moved. Each page asks at its own moments, and none while nobody looks.
 */
import { fetchAnswer, retryAfterSeconds } from "./api_client.js";
import { between, browserClock } from "./clock.js";

const SOONEST_MS = 30_000;
const LATEST_MS = 60_000;
const AT_ONCE_MS = 2_000;
const GONE = new Set([403, 404, 410]);

export class DoorWatch {
  #timer = null;
  #askedAt;
  #visible = true;
  #asking = false;
  #over = false;

  /** `known` is what the page was made from; `ask()` answers the same facts, or {gone} or {retryAfterSeconds}. */
  constructor({ ask, known, onChange, clock = browserClock }) {
    Object.assign(this, { ask, known, onChange, clock });
    this.#askedAt = clock.now();
  }

  start() {
    this.#later(between(this.clock, SOONEST_MS, LATEST_MS));
  }

  /** Back in front after a while: a question soon. */
  setVisible(visible) {
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.clock.clearTimeout(this.#timer);
    if (!visible) return;
    const since = this.clock.now() - this.#askedAt;
    this.#later(Math.max(0, SOONEST_MS - since) + between(this.clock, 0, AT_ONCE_MS));
  }

  #later(milliseconds) {
    this.clock.clearTimeout(this.#timer);
    if (this.#visible && !this.#over) this.#timer = this.clock.setTimeout(() => this.#look(), milliseconds);
  }

  async #look() {
    if (this.#asking) return;
    this.#asking = true;
    this.#askedAt = this.clock.now();
    const answer = await this.ask().catch(() => ({}));
    this.#asking = false;
    if (this.#over) return;
    if (answer.gone || this.#differs(answer)) {
      this.#over = true;
      return this.onChange();
    }
    const asked = (answer.retryAfterSeconds ?? 0) * 1000;
    this.#later(Math.max(asked, SOONEST_MS) + between(this.clock, 0, LATEST_MS - SOONEST_MS));
  }

  #differs(answer) {
    return Object.entries(this.known).some(([fact, value]) => fact in answer && answer[fact] !== value);
  }
}

/** Asks `url`, without a pass: whoever waits has none yet. */
export const whenRequest =
  (url, { fetch = globalThis.fetch.bind(globalThis), timeout = () => AbortSignal.timeout(10_000) } = {}) =>
  async () => {
    const response = await fetchAnswer(fetch, url, { headers: { Accept: "application/json" }, signal: timeout() });
    if (response.ok) return response.json();
    return GONE.has(response.status)
      ? { gone: true }
      : { retryAfterSeconds: retryAfterSeconds(response.headers.get("Retry-After")) };
  };
