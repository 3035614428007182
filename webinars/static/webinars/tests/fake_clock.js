/** Time that moves only when a test says so. */
export class FakeClock {
  #timers = new Map();
  #next = 1;

  constructor({ now = Date.parse("2026-03-02T10:00:00Z"), random = 0.5 } = {}) {
    this.time = now;
    this.chance = random;
  }

  now = () => this.time;
  random = () => this.chance;

  setTimeout = (run, milliseconds) => {
    const id = this.#next++;
    this.#timers.set(id, { run, at: this.time + Math.max(0, milliseconds) });
    return id;
  };

  clearTimeout = (id) => this.#timers.delete(id);

  /** Milliseconds until each waiting timer, soonest first. */
  get waits() {
    return [...this.#timers.values()].map(({ at }) => at - this.time).sort((a, b) => a - b);
  }

  /** A machine that sleeps: time goes on, but timers wait as long as before when it wakes. */
  sleep(milliseconds) {
    this.time += milliseconds;
    for (const timer of this.#timers.values()) timer.at += milliseconds;
  }

  /** Moves on, running timers in order and letting promises settle in between. */
  async pass(milliseconds) {
    const end = this.time + milliseconds;
    await settle();
    for (;;) {
      const [due] = [...this.#timers.entries()].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at);
      if (!due) break;
      const [id, { run, at }] = due;
      this.#timers.delete(id);
      this.time = Math.max(this.time, at);
      run();
      await settle();
    }
    this.time = end;
  }
}

/** Lets everything that waits for a settled promise run. */
export async function settle() {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

export class Deferred {
  constructor() {
    this.promise = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
  }
}
