/** Loads a page again when something must have changed, spread out so that a crowd does not come at once. */
import { between, browserClock } from "./clock.js";

const SPREAD_MS = 5_000;
const NOT_WITHIN_MS = 15_000;
const KEY = "eventflow.reloaded-at";

/** Reloads within five seconds, and not twice within fifteen (a server's clock may be a little behind). */
export function reloadSoon({ clock = browserClock, storage = sessionStorage, reload = () => location.reload() } = {}) {
  const since = clock.now() - Number(storage.getItem(KEY) ?? 0);
  const wait = Math.max(0, NOT_WITHIN_MS - since) + between(clock, 0, SPREAD_MS);
  clock.setTimeout(() => {
    storage.setItem(KEY, String(clock.now()));
    reload();
  }, wait);
}
