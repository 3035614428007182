/** Counting down to a moment by the server's clock. */
import { browserClock } from "./clock.js";
import { gettext, interpolate, ngettext } from "./i18n.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Days, hours, minutes and seconds left, none below zero. */
export function partsLeft(milliseconds) {
  const left = Math.max(0, Math.ceil(milliseconds / SECOND) * SECOND);
  return {
    days: Math.floor(left / DAY),
    hours: Math.floor((left % DAY) / HOUR),
    minutes: Math.floor((left % HOUR) / MINUTE),
    seconds: Math.floor((left % MINUTE) / SECOND),
  };
}

/** "2 days 17 hours", "3 hours", "12 minutes", for a sentence that changes seldom; days and hours are never rounded up. */
export function roughlyLeft(milliseconds) {
  const { days, hours } = partsLeft(milliseconds);
  if (days > 0) return [inDays(days), ...(hours > 0 ? [inHours(hours)] : [])].join(" ");
  if (hours > 1) return inHours(hours);
  return inMinutes(Math.max(1, Math.ceil(milliseconds / MINUTE)));
}

const inDays = (count) => interpolate(ngettext("%(count)s day", "%(count)s days", count), { count });
const inHours = (count) => interpolate(ngettext("%(count)s hour", "%(count)s hours", count), { count });
const inMinutes = (count) => interpolate(ngettext("%(count)s minute", "%(count)s minutes", count), { count });

const twoDigits = (number) => String(number).padStart(2, "0");

/**
 * Shows the time to `data-countdown` in the element's [data-part] children, and calls `onZero` once.
 * `data-server-time` corrects a wrong clock on the visitor's side.
 */
export class Countdown {
  constructor(element, { clock = browserClock, onZero = () => {} } = {}) {
    Object.assign(this, { element, clock, onZero });
    const { countdown, serverTime } = element.dataset;
    this.offset = serverTime ? Date.parse(serverTime) - clock.now() : 0;
    this.target = Date.parse(countdown);
    this.sentence = element.querySelector("[data-countdown-sentence]");
    if (this.sentence) element.hidden = false;
  }

  start() {
    const left = this.target - this.clock.now() - this.offset;
    this.#show(left);
    if (left <= 0) return this.onZero();
    this.timer = this.clock.setTimeout(() => this.start(), left % SECOND || SECOND);
  }

  /** Counts to another moment from now on: the start was moved. */
  aim(time) {
    const target = Date.parse(time);
    if (Number.isNaN(target) || target === this.target) return;
    this.stop();
    this.target = target;
    this.start();
  }

  stop() {
    this.clock.clearTimeout(this.timer);
  }

  #show(left) {
    const parts = partsLeft(left);
    for (const [name, value] of Object.entries(parts)) {
      const place = this.element.querySelector(`[data-part="${name}"]`);
      if (place) place.textContent = name === "days" ? String(value) : twoDigits(value);
    }
    const days = this.element.querySelector("[data-days]");
    if (days) days.hidden = parts.days === 0;
    if (!this.sentence) return;
    const text = left > 0 ? interpolate(gettext("Starts in %(time)s."), { time: roughlyLeft(left) }) : gettext("Starting soon.");
    if (this.sentence.textContent !== text) this.sentence.textContent = text;
  }
}
