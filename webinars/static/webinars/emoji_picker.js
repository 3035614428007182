/** A small board of emoji for the composer: opens above its button, arrows move in the grid, Enter puts one in the text. */
import { gettext } from "./i18n.js";

const COLUMNS = 8;
const EMOJI = (
  "👍 👏 🙌 🙏 👌 💪 ✌️ 👋 " +
  "😀 😄 😂 🤣 😊 😍 🤩 😎 " +
  "🤔 😮 😅 😭 🥲 😴 🤯 🥳 " +
  "❤️ 🧡 💚 💙 💜 🔥 ✨ 🎉 " +
  "💡 📌 ✅ ❓ ❗ 👀 🚀 ☕"
).split(" ");

export class EmojiPicker {
  #board = null;

  /** `onPick` gets the emoji. The board is made beside `button` when it is first opened. */
  constructor({ button, onPick }) {
    Object.assign(this, { button, onPick });
    button.addEventListener("click", () => this.#toggle(!this.isOpen));
    document.addEventListener("pointerdown", ({ target }) => {
      if (this.isOpen && !this.#board.contains(target) && !button.contains(target)) this.#toggle(false);
    });
  }

  get isOpen() {
    return this.#board !== null && !this.#board.hidden;
  }

  #toggle(open) {
    this.#board ??= this.#make();
    this.#board.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.#go(0);
  }

  #make() {
    const board = document.createElement("div");
    board.className = "emoji-board";
    board.setAttribute("role", "dialog");
    board.setAttribute("aria-label", gettext("Emoji"));
    EMOJI.forEach((emoji) => {
      const choice = document.createElement("button");
      choice.type = "button";
      choice.tabIndex = -1;
      choice.textContent = emoji;
      board.append(choice);
    });
    board.addEventListener("click", ({ target }) => target.closest("button") && this.#pick(target.textContent));
    board.addEventListener("keydown", (event) => this.#key(event));
    this.button.after(board);
    return board;
  }

  #pick(emoji) {
    this.#toggle(false);
    this.onPick(emoji);
  }

  #key(event) {
    const at = [...this.#board.children].indexOf(event.target);
    const row = at - (at % COLUMNS);
    const last = EMOJI.length - 1;
    const to = {
      ArrowRight: Math.min(at + 1, last),
      ArrowLeft: Math.max(at - 1, 0),
      ArrowDown: at + COLUMNS > last ? at : at + COLUMNS,
      ArrowUp: at < COLUMNS ? at : at - COLUMNS,
      Home: row,
      End: row + COLUMNS - 1,
    }[event.key];
    if (to === undefined && event.key !== "Escape" && event.key !== "Tab") return;
    event.stopPropagation();
    if (event.key !== "Tab") event.preventDefault();
    if (to !== undefined) return this.#go(to);
    this.button.focus();
    this.#toggle(false);
  }

  #go(index) {
    [...this.#board.children].forEach((choice, each) => (choice.tabIndex = each === index ? 0 : -1));
    this.#board.children[index].focus();
  }
}
