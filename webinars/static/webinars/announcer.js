/**
 * Says new messages to a screen reader: one or two as they are, many at once as their number, so that a busy chat does not
 * talk without end.
 */
import { browserClock } from "./clock.js";
import { interpolate, ngettext } from "./i18n.js";

const GATHER_MS = 1_000;
const BREATHE_MS = 6_000;
const READ_OUT = 2;

export class Announcer {
  #gathered = [];
  #timer = null;

  /** `element` is a polite live region. */
  constructor({ element, clock = browserClock }) {
    Object.assign(this, { element, clock });
  }

  add(entries) {
    this.#gathered.push(...entries.map(({ authorName, body }) => `${authorName}: ${body}`));
    if (this.#gathered.length) this.#timer ??= this.clock.setTimeout(() => this.#say(), GATHER_MS);
  }

  #say() {
    const lines = this.#gathered.splice(0);
    const count = lines.length;
    if (!count) return void (this.#timer = null);
    const many = ngettext("%(count)s new message", "%(count)s new messages", count);
    this.element.textContent = count > READ_OUT ? interpolate(many, { count }) : lines.join("\n");
    this.#timer = this.clock.setTimeout(() => this.#say(), count > READ_OUT ? BREATHE_MS : GATHER_MS);
  }
}
