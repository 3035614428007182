/**
 * Asks again and again, as often as the server says, and not at all while nobody looks.
 *
 * `ask()` answers {nextPollSeconds, …}; `onAnswer` and `onTrouble` are told. A refusal that will not change
 * (403, 404, 410, a lost pass) stops it; anything else is asked again, slower each time.
 */
import { browserClock, jittered } from "../../../webinars/static/webinars/clock.js";

const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 60_000;
const FINAL = new Set([401, 403, 404, 410]);

export class StatisticsPoller {
  #timer = null;
  #asking = false;
  #failures = 0;
  #visible = true;
  #stopped = false;

  constructor({ ask, onAnswer, onTrouble = () => {}, clock = browserClock }) {
    Object.assign(this, { ask, onAnswer, onTrouble, clock });
  }

  /** The first question comes after `seconds`: the page itself brought the first answer. */
  start(seconds) {
    this.#wait(seconds * 1000);
  }

  stop() {
    this.#stopped = true;
    this.#clear();
  }

  /** Hidden: no question. Visible again: one at once. */
  setVisible(visible) {
    if (visible === this.#visible) return;
    this.#visible = visible;
    if (!visible) this.#clear();
    else if (!this.#stopped) this.#run();
  }

  #clear() {
    this.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(milliseconds) {
    this.#clear();
    if (this.#visible && !this.#stopped) this.#timer = this.clock.setTimeout(() => this.#run(), milliseconds);
  }

  async #run() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const answer = await this.ask();
      this.#failures = 0;
      this.onAnswer(answer);
      this.#wait(answer.nextPollSeconds * 1000);
    } catch (error) {
      this.#failures += 1;
      if (FINAL.has(error.status)) this.stop();
      this.onTrouble(error, { final: this.#stopped });
      const backoff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
      this.#wait(Math.max(jittered(this.clock, backoff, 0.2), (error.retryAfterSeconds ?? 0) * 1000));
    } finally {
      this.#asking = false;
    }
  }
}
