/**
 * Polling while the socket is down: every 2 s, slower after failures, behind a circuit breaker, so
 * that a server in trouble is asked less and less.
 *
 * `onState` hears "off", "ok", "failing", "open" (the breaker's pause) and "stopped" (with the
 * error), which is final: an answer that asking again cannot change.
 */
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from "cockatiel";

import { between, browserClock, jittered } from "./clock.js";

export const FAILURES_TO_OPEN = 5;
export const OPEN_MS = 60_000;
const LONGEST_MS = 60_000;
const FINAL = new Set([400, 401, 403, 404, 410]);

/** Five failures in a row open it; being asked to slow down (429) opens it at once. */
class PollBreaker extends ConsecutiveBreaker {
  askedToWait = false;

  constructor() {
    super(FAILURES_TO_OPEN);
  }

  failure() {
    return super.failure() || this.askedToWait;
  }
}

/** How long the breaker stays open after `error`: what Retry-After says, else a minute. */
const pauseMs = (error) =>
  error?.status === 429 && error.retryAfterSeconds !== null ? error.retryAfterSeconds * 1000 : OPEN_MS;

const pauses = { next: ({ result }) => ({ duration: pauseMs(result.error), next: pauses.next }) };

export class MessagePolling {
  #timer = null;
  #round = 0;
  #failures = 0;
  #breaker = null;
  #policy = null;

  constructor({ poll, intervalMs, onState, clock = browserClock }) {
    Object.assign(this, { poll, intervalMs, onState, clock });
    this.state = "off";
  }

  start() {
    if (this.state !== "off") return;
    this.#failures = 0;
    this.#breaker = new PollBreaker();
    this.#policy = circuitBreaker(handleAll, { breaker: this.#breaker, halfOpenAfter: pauses });
    this.#enter("failing");
    this.#after(between(this.clock, 0, this.intervalMs));
  }

  stop() {
    this.#round += 1;
    this.clock.clearTimeout(this.#timer);
    if (this.state !== "off") this.#enter("off");
  }

  #enter(state, detail = {}) {
    this.state = state;
    this.onState(state, detail);
  }

  #after(milliseconds) {
    const round = this.#round;
    this.#timer = this.clock.setTimeout(() => this.#ask(round), milliseconds);
  }

  async #ask(round) {
    const failure = await this.#policy.execute(() => this.#attempt()).then(
      () => null,
      (error) => error,
    );
    if (round !== this.#round) return;
    if (failure) this.#slowDown(failure);
    else this.#goOn();
  }

  async #attempt() {
    try {
      await this.poll();
    } catch (error) {
      this.#breaker.askedToWait = error.status === 429;
      throw error;
    }
  }

  #goOn() {
    this.#failures = 0;
    this.#enter("ok");
    if (this.state === "ok") this.#after(jittered(this.clock, this.intervalMs, 0.2));
  }

  #slowDown(error) {
    if (FINAL.has(error.status)) return this.#enter("stopped", { error });
    this.#failures += 1;
    if (this.#policy.state === CircuitState.Open) {
      this.#enter("open", { error });
      return this.#after(pauseMs(error) + between(this.clock, 0, this.intervalMs));
    }
    this.#enter("failing", { error });
    return this.#after(jittered(this.clock, Math.min(LONGEST_MS, this.intervalMs * 2 ** this.#failures), 0.2));
  }
}
