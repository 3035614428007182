/**
 * The notice: one pinned text with who set it, its addresses as links. A long one shows its first lines and opens at a
 * press, or when the keyboard comes to an address further down; Escape shuts it.
 */
import { gettext } from "./i18n.js";
import { linkified } from "./linkify.js";

export class NoticeView {
  /** `element` has [data-notice-author], [data-notice-text] and a [data-notice-more] button. */
  constructor({ element }) {
    this.element = element;
    this.author = element.querySelector("[data-notice-author]");
    this.text = element.querySelector("[data-notice-text]");
    this.more = element.querySelector("[data-notice-more]");
    this.shown = element.dataset.open === "true" ? this.text.textContent : null;
    this.more.addEventListener("click", () => this.#expand(!this.isExpanded));
    this.text.addEventListener("focusin", () => this.#isCut && this.#expand(true));
    element.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#offerMore()).observe(this.text);
  }

  get isExpanded() {
    return this.more.getAttribute("aria-expanded") === "true";
  }

  /** {text, author}, or null to take it away. Its words stay until the movement has hidden them. */
  show(notice) {
    this.element.dataset.open = String(Boolean(notice));
    this.element.inert = !notice;
    if (!notice) return void (this.shown = null);
    const { text, author } = notice;
    if (text === this.shown && author === this.author.textContent) return undefined;
    this.shown = text;
    this.author.textContent = author;
    this.author.hidden = !author;
    this.text.replaceChildren(linkified(text));
    this.#expand(false);
    return this.#offerMore();
  }

  #expand(open) {
    this.more.setAttribute("aria-expanded", String(open));
    this.more.textContent = open ? gettext("Less") : gettext("More");
    this.element.toggleAttribute("data-expanded", open);
    if (!open) this.text.scrollTop = 0;
  }

  #key(event) {
    if (event.key !== "Escape" || !this.isExpanded) return;
    event.preventDefault();
    this.#expand(false);
    this.more.focus();
  }

  get #isCut() {
    return !this.isExpanded && this.text.scrollHeight > this.text.clientHeight + 1;
  }

  #offerMore() {
    this.more.hidden = !this.isExpanded && !this.#isCut;
  }
}
