/**
 * Everything that this page asks for by itself: all parts in turn while the socket is down, and once
 * after a break or a hole. All of it stands behind one circuit breaker, so that a server in trouble
 * is asked less and less, whichever part met the trouble.
 *
 * Closed → five failures in a row → open for a minute → half-open: one question is let through, the
 * others wait for its answer → closed. 429 opens it at once, for as long as Retry-After says. The
 * states are cockatiel's; how long it stays open is counted here, since a greeting may shorten it.
 *
 * `onState` hears "off", "ok", "failing", "open" (the breaker's pause) and "stopped" (with the
 * error), which is final: an answer that asking again cannot change.
 */
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from "cockatiel";

import { between, browserClock, jittered } from "./clock.js";

const FAILURES_TO_OPEN = 5;
const OPEN_MS = 60_000;
const LONGEST_MS = 60_000;
const ONCE_MS = 2_000;
const FINAL = new Set([400, 401, 403, 404, 410]);

/** Five failures in a row open it; being asked to slow down (429) opens it at once. */
class PollBreaker extends ConsecutiveBreaker {
  askedToWait = false;

  constructor() {
    super(FAILURES_TO_OPEN);
  }

  failure() {
    const opens = super.failure() || this.askedToWait;
    this.askedToWait = false;
    return opens;
  }
}

/** How long the breaker stays open after `error`: what Retry-After says, else a minute. */
const pauseMs = (error) =>
  error?.status === 429 && error.retryAfterSeconds !== null ? error.retryAfterSeconds * 1000 : OPEN_MS;

/** What a busy server asked for without closing the door, up to the longest wait. */
const askedForMs = (error) => Math.min(LONGEST_MS, (error.retryAfterSeconds ?? 0) * 1000);

export class Polling {
  #parts = new Map();
  #everything = false;
  #round = 0;
  #openUntil = -Infinity;
  #askedUntil = -Infinity;
  #breaker = new PollBreaker();
  #policy = circuitBreaker(handleAll, { breaker: this.#breaker, halfOpenAfter: 0 });

  constructor({ onState, clock = browserClock }) {
    Object.assign(this, { onState, clock });
    this.state = "off";
  }

  /** A part: `ask(options)` fetches what it misses, every `everyMs` while all are polled. */
  add({ name, everyMs, ask }) {
    const part = { name, everyMs, ask, timer: null, running: false, again: false, wanted: false, answered: false, failures: 0, options: {} };
    this.#parts.set(name, part);
    if (this.#everything) this.#after(part, between(this.clock, 0, everyMs));
  }

  /** Asks for everything, again and again: what is asked most often at once, the others each at their own moment. */
  start() {
    if (this.#everything || this.state === "stopped") return;
    this.#everything = true;
    const parts = [...this.#parts.values()];
    const soonest = Math.min(...parts.map(({ everyMs }) => everyMs));
    for (const part of parts) {
      const wait = part.everyMs === soonest ? 0 : between(this.clock, 0, part.everyMs);
      if (part.timer === null && !part.running) this.#soon(part, wait);
    }
    this.#refresh();
  }

  /** Asks for one part, after `waitMs`, until it has answered. What waits already is not hurried. */
  once(name, { waitMs = 0, ...options } = {}) {
    const part = this.#parts.get(name);
    if (this.state === "stopped") return;
    Object.assign(part.options, options);
    part.wanted = true;
    if (part.running) part.again = true;
    else if (part.timer === null) this.#soon(part, waitMs);
    this.#refresh();
  }

  /** Asks for nothing any more; the breaker remembers what it knows. `start` and `once` begin anew. */
  stop() {
    this.#round += 1;
    this.#everything = false;
    for (const part of this.#parts.values()) {
      this.clock.clearTimeout(part.timer);
      Object.assign(part, { timer: null, running: false, again: false, wanted: false, answered: false, failures: 0, options: {} });
    }
    this.#enter("off");
  }

  /**
   * Ends asking again and again, since the server has called. What was wanted once and has not been answered is still
   * asked for, and soon.
   */
  rest() {
    this.#everything = false;
    this.hurry();
    for (const part of this.#parts.values()) {
      if (part.wanted && part.timer !== null) this.#after(part, between(this.clock, 0, Math.min(part.everyMs, ONCE_MS)));
      else if (!part.wanted) {
        this.clock.clearTimeout(part.timer);
        Object.assign(part, { timer: null, answered: false, failures: 0 });
      }
    }
    this.#refresh();
  }

  /** The server gave a sign of life: an open breaker lets one question through now, unless it was asked to wait. */
  hurry() {
    this.#openUntil = this.#askedUntil;
  }

  #enter(state, detail = {}) {
    const same = state === this.state && !detail.error;
    this.state = state;
    if (!same) this.onState(state, detail);
  }

  #refresh(detail) {
    const parts = [...this.#parts.values()];
    if (!this.#everything && !parts.some(({ wanted }) => wanted)) return this.#enter("off");
    if (this.#policy.state !== CircuitState.Closed) return this.#enter("open", detail);
    return this.#enter(parts.some(({ answered, failures }) => answered && !failures) ? "ok" : "failing", detail);
  }

  #after(part, milliseconds) {
    this.clock.clearTimeout(part.timer);
    part.timer = this.clock.setTimeout(() => this.#ask(part), milliseconds);
  }

  #soon(part, milliseconds) {
    if (milliseconds > 0) this.#after(part, milliseconds);
    else this.#ask(part);
  }

  /** After the breaker's pause, each part at its own moment: the first to come is the one that is let through. */
  #afterPause(part) {
    const pause = Math.max(0, this.#openUntil - this.clock.now());
    this.#after(part, pause + between(this.clock, 0, Math.min(part.everyMs, 2 * ONCE_MS)));
  }

  get #mustWait() {
    return this.clock.now() < this.#openUntil || this.#policy.state === CircuitState.HalfOpen;
  }

  async #ask(part) {
    part.timer = null;
    if (this.#mustWait) return this.#afterPause(part);
    const round = this.#round;
    const { options } = part;
    Object.assign(part, { running: true, again: false, options: {} });
    const failure = await this.#policy.execute(() => this.#attempt(part, options)).then(
      () => null,
      (error) => error,
    );
    if (round !== this.#round) return;
    part.running = false;
    if (!failure) return this.#goOn(part);
    part.options = { ...options, ...part.options };
    return this.#slowDown(part, failure);
  }

  async #attempt(part, options) {
    try {
      await part.ask(options);
    } catch (error) {
      if (error.status === 429) this.#breaker.askedToWait = true;
      throw error;
    }
  }

  #goOn(part) {
    Object.assign(part, { failures: 0, answered: true, wanted: part.again });
    const round = this.#round;
    this.#refresh();
    if (round !== this.#round) return;
    if (part.again) this.#ask(part);
    else if (this.#everything) this.#after(part, jittered(this.clock, part.everyMs, 0.2));
  }

  #slowDown(part, error) {
    if (FINAL.has(error.status)) {
      this.stop();
      return this.#enter("stopped", { error });
    }
    part.failures += 1;
    const pace = this.#everything ? part.everyMs : Math.min(part.everyMs, ONCE_MS);
    const backoff = jittered(this.clock, Math.min(LONGEST_MS, pace * 2 ** part.failures), 0.2);
    const isOpen = this.#policy.state === CircuitState.Open;
    if (isOpen) {
      const until = this.clock.now() + pauseMs(error);
      this.#openUntil = Math.max(this.#openUntil, until);
      if (error.status === 429) this.#askedUntil = Math.max(this.#askedUntil, until);
    }
    if (!this.#everything && !part.wanted) return this.#refresh({ error });
    if (isOpen) this.#afterPause(part);
    else this.#after(part, Math.max(backoff, jittered(this.clock, askedForMs(error), 0.2)));
    return this.#refresh({ error });
  }
}
