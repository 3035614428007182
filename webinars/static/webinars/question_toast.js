/** One line about what was just done, for a while, with a button that takes it back where that is possible. */
import { browserClock } from "./clock.js";

const SHOWN_MS = 8_000;

export class QuestionToast {
  #timer = null;
  #run = null;

  /** `element` holds a [role=status] and a button. */
  constructor({ element, clock = browserClock }) {
    Object.assign(this, { element, clock });
    this.text = element.querySelector("[role=status]");
    this.button = element.querySelector("button");
    this.button.addEventListener("click", () => this.#act());
    for (const type of ["pointerenter", "focusin"]) element.addEventListener(type, () => clock.clearTimeout(this.#timer));
    for (const type of ["pointerleave", "focusout"]) element.addEventListener(type, () => this.#hideLater());
  }

  say = (sentence, undo = null) => {
    this.#run = undo?.run ?? null;
    this.text.textContent = sentence;
    this.button.hidden = !undo;
    this.button.textContent = undo?.label ?? "";
    this.element.dataset.shown = "true";
    this.#hideLater();
  };

  #act() {
    const run = this.#run;
    this.#hide();
    run?.();
  }

  #hideLater() {
    this.clock.clearTimeout(this.#timer);
    this.#timer = this.clock.setTimeout(() => this.#hide(), SHOWN_MS);
  }

  #hide() {
    this.#run = null;
    this.element.dataset.shown = "false";
    this.text.textContent = "";
  }
}
