/**
 * Whether the reader is busy with a list: touched, scrolled, pointed at or used by keyboard just now, or writing in it.
 * What would move things under their finger waits until they are not.
 */
import { browserClock } from "./clock.js";

const REST_MS = 3_000;
const TOUCHES = ["pointerdown", "pointermove", "wheel", "touchmove", "keydown", "focusin"];

export class Calm {
  #touchedAt = -Infinity;
  #timer = null;

  /** `isWriting()` says whether a field of the list is open; `onCalm` is called when what waits may happen. */
  constructor({ element, isWriting, onCalm, clock = browserClock }) {
    Object.assign(this, { isWriting, onCalm, clock });
    for (const type of TOUCHES) element.addEventListener(type, () => this.touch(), { passive: true });
  }

  touch() {
    this.#touchedAt = this.clock.now();
  }

  get isBusy() {
    return this.isWriting() || this.clock.now() - this.#touchedAt < REST_MS;
  }

  /** Calls `onCalm` once the reader rests. */
  wait() {
    this.#timer ??= this.clock.setTimeout(() => {
      this.#timer = null;
      if (this.isBusy) this.wait();
      else this.onCalm();
    }, Math.max(500, this.#touchedAt + REST_MS - this.clock.now()));
  }
}
