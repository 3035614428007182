/** Browsers run what should wait longer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What modules need from the outside of time and chance, so that tests can bring their own. */
export const browserClock = {
  now: () => Date.now(),
  setTimeout: (run, milliseconds) => setTimeout(run, Math.min(milliseconds, LONGEST_TIMER_MS)),
  clearTimeout: (timer) => clearTimeout(timer),
  random: () => Math.random(),
};

/** A wait between `from` and `to` milliseconds. */
export const between = (clock, from, to) => from + clock.random() * (to - from);

/** `milliseconds`, give or take `share` of it. */
export const jittered = (clock, milliseconds, share) =>
  between(clock, milliseconds * (1 - share), milliseconds * (1 + share));

export const waitFor = (clock, milliseconds) =>
  new Promise((resolve) => clock.setTimeout(resolve, milliseconds));
