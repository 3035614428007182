/**
 * Writing in the chat: Enter sends unless a syllable is still being composed, Shift+Enter breaks the line. What is not sent
 * yet survives a reload; while the person may not write, the field says until when and keeps what was written.
 */
import { browserClock } from "./clock.js";
import { gettext, interpolate, ngettext, timeOrDay } from "./i18n.js";

const SAY_FROM_LEFT = 100;
const IME_KEY = 229;

/** Whether this key press sends. Korean, Japanese and Chinese input confirms a syllable with Enter too. */
export const sends = ({ key, shiftKey, altKey, ctrlKey, metaKey, isComposing, keyCode }) =>
  key === "Enter" && !shiftKey && !altKey && !ctrlKey && !metaKey && !isComposing && keyCode !== IME_KEY;

/**
 * Whether this change of the text is an Enter that no key press told of: the keyboards of phones and Safari's Korean input
 * report the key as the input method's own (229) and then break the line.
 */
export const breaksLine = ({ inputType, isComposing }, { shiftKey = false, keyCode } = {}) =>
  (inputType === "insertLineBreak" || inputType === "insertParagraph") && !isComposing && !shiftKey && keyCode === IME_KEY;

/** The number of characters as the server counts them: an emoji is one or a few, not its UTF-16 units. */
export const lengthOf = (text) => [...text.trim()].length;

/** Why nothing can be sent now, "" when it can: {chatEnabled, mutedUntil, freeAt, now} in milliseconds; null: not. */
export function composerState({ chatEnabled, mutedUntil, freeAt, now }) {
  if (!chatEnabled) return "off";
  if (mutedUntil > now) return "muted";
  return freeAt > now ? "waiting" : "";
}

export class Composer {
  #chatEnabled = true;
  #mutedUntil = 0;
  #silence = "";
  #freeAt = 0;
  #slowMs = 0;
  #lastKey = {};
  #timer = null;
  #state = "";

  /**
   * `onSend` gets the text. `draft` has get() and set(text), for what must survive a reload. Hosts are `exempt` from slow
   * mode. The elements in `root`: a [data-composer] form with a textarea, [data-composer-count], [data-composer-send] and
   * [data-composer-wait], and a [data-composer-closed] note that takes the form's place.
   */
  constructor({ root, onSend, draft, limit = 1_000, exempt = false, clock = browserClock, serverNow = clock.now }) {
    this.form = root.querySelector("[data-composer]");
    this.field = this.form.querySelector("textarea");
    this.count = this.form.querySelector("[data-composer-count]");
    this.button = this.form.querySelector("[data-composer-send]");
    this.wait = this.form.querySelector("[data-composer-wait]");
    this.note = root.querySelector("[data-composer-closed]");
    Object.assign(this, { onSend, draft, limit, exempt, clock, serverNow });
    this.field.value = draft.get();
    this.#listen();
    this.#changed();
    this.#show();
  }

  #listen() {
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.field.addEventListener("beforeinput", (event) => breaksLine(event, this.#lastKey) && this.#enter(event));
    this.field.addEventListener("input", () => this.#changed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /** What the room allows everybody: {chatEnabled, slowSeconds}. */
  allow({ chatEnabled, slowSeconds = 0 }) {
    this.#chatEnabled = chatEnabled;
    this.#slowMs = this.exempt ? 0 : slowSeconds * 1000;
    if (!this.#slowMs) this.#freeAt = 0;
    this.#show();
  }

  /** Silenced until a moment (milliseconds of the server's clock), or not any more (null). */
  mute(until) {
    this.#mutedUntil = until ? this.clock.now() + until - this.serverNow() : 0;
    this.#silence = until ? timeOrDay(new Date(until)) : "";
    this.#show();
  }

  /** The server asks to wait so long. */
  holdFor(milliseconds) {
    this.#freeAt = Math.max(this.#freeAt, this.clock.now() + milliseconds);
    this.#show();
  }

  /** Puts `text` where the cursor is, as if it had been typed. */
  insert(text) {
    const { selectionStart, selectionEnd } = this.field;
    this.field.setRangeText(text, selectionStart, selectionEnd, "end");
    this.#changed();
    this.field.focus();
  }

  #key(event) {
    this.#lastKey = { keyCode: event.keyCode, shiftKey: event.shiftKey };
    if (sends(event)) this.#enter(event);
  }

  #enter(event) {
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const body = this.field.value.trim();
    if (this.#state === "waiting") this.#say(gettext("Slow mode is on. Your message is kept until you can send it."));
    if (!body || this.#state || lengthOf(body) > this.limit) return this.field.focus();
    this.field.value = "";
    this.#changed();
    this.field.focus();
    if (this.#slowMs) this.holdFor(this.#slowMs);
    return this.onSend(body);
  }

  #changed() {
    const { value } = this.field;
    const left = this.limit - lengthOf(value);
    this.draft.set(value);
    this.#grow();
    this.#say(left > SAY_FROM_LEFT ? "" : leftSentence(left), left < 0);
    this.field.setAttribute("aria-invalid", String(left < 0));
  }

  #say(sentence, bad = false) {
    this.count.hidden = !sentence;
    this.count.toggleAttribute("data-over", bad);
    this.count.textContent = sentence;
  }

  /** Where style alone does not make a field as high as its text. */
  #grow() {
    if (globalThis.CSS?.supports("field-sizing", "content")) return;
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  #show() {
    this.clock.clearTimeout(this.#timer);
    const now = this.clock.now();
    const before = this.#state;
    this.#state = composerState({ chatEnabled: this.#chatEnabled, mutedUntil: this.#mutedUntil, freeAt: this.#freeAt, now });
    const closed = this.#state === "off" || this.#state === "muted";
    this.form.hidden = closed;
    this.note.hidden = !closed;
    if (closed) this.note.textContent = this.#closedSentence();
    const left = Math.ceil((this.#freeAt - now) / 1000);
    this.form.dataset.state = this.#state;
    this.button.setAttribute("aria-disabled", String(this.#state === "waiting"));
    this.wait.textContent = this.#state === "waiting" ? waitText(left) : "";
    this.#describe(left);
    if (before && !this.#state) this.#changed(); // what was said of waiting is over
    const next = { muted: this.#mutedUntil - now, waiting: (this.#freeAt - now) % 1000 || 1000 }[this.#state];
    if (next) this.#timer = this.clock.setTimeout(() => this.#show(), Math.min(next, 60_000));
  }

  #describe(left) {
    const waits = interpolate(ngettext("You can send in %(count)s second", "You can send in %(count)s seconds", left), { count: left });
    this.button.setAttribute("aria-label", this.#state === "waiting" ? waits : gettext("Send"));
  }

  #closedSentence() {
    if (this.#state === "off") return gettext("The chat is switched off at the moment. You can go on reading.");
    return interpolate(gettext("You cannot write until %(time)s."), { time: this.#silence });
  }
}

const waitText = (seconds) => (seconds < 60 ? String(seconds) : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);

const leftSentence = (left) =>
  left < 0
    ? interpolate(ngettext("%(count)s character too many", "%(count)s characters too many", -left), { count: -left })
    : interpolate(gettext("%(left)s characters left"), { left });

/** What is written and not sent, kept for this tab. A browser that keeps nothing is no obstacle. */
export class Draft {
  constructor({ key, storage = globalThis.sessionStorage }) {
    Object.assign(this, { key, storage });
  }

  get() {
    try {
      return this.storage.getItem(this.key) ?? "";
    } catch {
      return "";
    }
  }

  set(text) {
    try {
      if (text) this.storage.setItem(this.key, text);
      else this.storage.removeItem(this.key);
    } catch {
      // private windows may refuse
    }
  }
}
