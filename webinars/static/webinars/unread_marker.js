/**
 * What came while nobody looked: a line in front of the first such message, and a pill that says how many there are and
 * leads to the end. The line stays when they are read, so that the reader finds where they were, until they go away again
 * or write.
 */
import { gettext, interpolate, ngettext } from "./i18n.js";

export class UnreadMarker {
  #line = null;

  /** `onCount` hears how many messages have not been seen. */
  constructor({ pill, onCount = () => {} }) {
    this.pill = pill;
    this.text = pill.querySelector("[data-chat-pill-text]");
    this.onCount = onCount;
    this.count = 0;
  }

  /** `first` is the item of the first of `count` messages that came unseen. */
  add(count, first) {
    if (!count) return;
    if (this.count === 0) this.#mark(first);
    this.#set(this.count + count);
  }

  seen() {
    if (this.count) this.#set(0);
  }

  /** Takes the line away. */
  clear() {
    this.#line?.remove();
    this.#line = null;
  }

  #mark(item) {
    this.clear();
    this.#line = document.createElement("p");
    this.#line.className = "message-new";
    this.#line.textContent = gettext("New messages");
    item.prepend(this.#line);
  }

  #set(count) {
    this.count = count;
    this.pill.hidden = count === 0;
    const text = ngettext("%(count)s new message", "%(count)s new messages", count);
    if (count) this.text.textContent = interpolate(text, { count });
    this.onCount(count);
  }
}

/** How many came while the tab was hidden, in its title. */
export class TitleCount {
  #count = 0;

  constructor({ page = document } = {}) {
    this.page = page;
    this.title = page.title;
    page.addEventListener("visibilitychange", () => page.visibilityState === "visible" && this.#set(0));
  }

  add(count) {
    if (this.page.visibilityState === "hidden") this.#set(this.#count + count);
  }

  #set(count) {
    this.#count = count;
    this.page.title = count ? `(${count}) ${this.title}` : this.title;
  }
}
