/**
 * The head of the list of messages: fetches earlier ones as the reader comes near, says while that goes on, offers to try
 * again when it failed, and marks the beginning of the chat. It has one height, so that the list does not jump.
 */
import { gettext } from "./i18n.js";

const AHEAD_PX = 600;

const SENTENCES = {
  idle: () => "",
  loading: () => gettext("Loading earlier messages…"),
  failed: () => gettext("Earlier messages could not be loaded."),
  beginning: () => gettext("This is where the chat begins."),
};

export class HistoryView {
  /** `element` stands in `scroller` above the list, with a [data-earlier-text] and a [data-earlier-again] button. */
  constructor({ element, scroller }) {
    this.element = element;
    this.text = element.querySelector("[data-earlier-text]");
    this.again = element.querySelector("[data-earlier-again]");
    this.near = new IntersectionObserver(([entry]) => entry.isIntersecting && this.#load(), {
      root: scroller,
      rootMargin: `${AHEAD_PX}px 0px 0px`,
    });
  }

  follow(history) {
    this.history = history;
    this.again.addEventListener("click", () => history.load());
    this.show(history.state);
  }

  show(state) {
    this.element.dataset.history = state;
    this.text.textContent = SENTENCES[state]();
    this.again.hidden = state !== "failed";
    this.near.disconnect();
    if (state === "idle") this.near.observe(this.element);
  }

  #load() {
    if (this.history?.state === "idle") this.history.load();
  }
}
