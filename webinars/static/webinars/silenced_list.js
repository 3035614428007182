/** The people who may not write or come in, each with a way back. */
import { gettext, interpolate, timeOrDay } from "./i18n.js";

export class SilencedList {
  /** `element` has a [data-silenced-list], a [data-silenced-empty] and a [data-silenced-error]. */
  constructor({ element, api, urls }) {
    Object.assign(this, { api, urls });
    this.list = element.querySelector("[data-silenced-list]");
    this.empty = element.querySelector("[data-silenced-empty]");
    this.error = element.querySelector("[data-silenced-error]");
  }

  async load() {
    const { members } = await this.api.get(this.urls.silenced);
    this.list.replaceChildren(...members.map((member) => this.#row(member)));
    this.#count();
  }

  #row(member) {
    const { userId, name, mutedUntil, bannedAt } = member;
    const row = document.createElement("li");
    const words = document.createElement("span");
    const who = document.createElement("b");
    who.textContent = name;
    const what = document.createElement("span");
    what.textContent = bannedAt
      ? gettext("Banned")
      : interpolate(gettext("Cannot write until %(time)s"), { time: timeOrDay(new Date(mutedUntil)) });
    words.append(who, what);
    const back = document.createElement("button");
    back.type = "button";
    back.className = "quiet-link";
    back.textContent = bannedAt ? gettext("Let in again") : gettext("Let write again");
    back.setAttribute("aria-label", `${back.textContent}: ${name}`);
    back.addEventListener("click", () => this.#undo(row, back, `${this.urls.members}/${userId}/${bannedAt ? "ban" : "mute"}`));
    row.append(words, back);
    return row;
  }

  async #undo(row, button, url) {
    button.disabled = true;
    this.error.hidden = true;
    try {
      await this.api.delete(url);
      row.remove();
      this.#count();
    } catch (error) {
      button.disabled = false;
      this.error.textContent = error.message;
      this.error.hidden = false;
    }
  }

  #count() {
    this.empty.hidden = this.list.children.length > 0;
  }
}
