/**
 * Short answers to what a person did, each with a way back where there is one. They go by themselves unless somebody is
 * about to use them; only the newest few stay.
 */
import { browserClock } from "./clock.js";
import { gettext } from "./i18n.js";

const STAYS_MS = 8_000;
const AT_MOST = 2;

export class Toasts {
  #timers = new Map();

  /** `region` is a live region (role=status) that is always there. */
  constructor({ region, clock = browserClock }) {
    Object.assign(this, { region, clock });
    const rest = ({ target }) => this.#keep(target.closest(".toast"));
    const go = ({ target }) => this.#goLater(target.closest(".toast"));
    for (const type of ["pointerover", "focusin"]) region.addEventListener(type, rest);
    for (const type of ["pointerout", "focusout"]) region.addEventListener(type, go);
  }

  /** `undo` is called once at most; what it rejects with is shown. */
  show(text, { undo = null, bad = false } = {}) {
    const toast = document.createElement("div");
    toast.className = bad ? "toast toast-bad" : "toast";
    const words = document.createElement("p");
    words.textContent = text;
    toast.append(words);
    if (undo) toast.append(this.#undoButton(toast, undo));
    this.region.append(toast);
    while (this.region.children.length > AT_MOST) this.#remove(this.region.firstElementChild);
    this.#goLater(toast);
  }

  #undoButton(toast, undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = gettext("Undo");
    button.addEventListener("click", () => {
      this.#remove(toast);
      Promise.resolve(undo()).catch((error) => this.show(error.message, { bad: true }));
    });
    return button;
  }

  #keep(toast) {
    this.clock.clearTimeout(this.#timers.get(toast));
  }

  #goLater(toast) {
    if (!toast?.isConnected) return;
    this.#keep(toast);
    this.#timers.set(toast, this.clock.setTimeout(() => this.#remove(toast), STAYS_MS));
  }

  #remove(toast) {
    this.#keep(toast);
    this.#timers.delete(toast);
    toast.remove();
  }
}
