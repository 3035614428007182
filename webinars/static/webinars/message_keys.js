/**
 * The list of messages by keyboard. It is one stop of the Tab key; the arrows go from message to message, Enter or the
 * menu key opens what can be done with one, Escape goes back to the list.
 */
export class MessageKeys {
  /** `onOpen` gets the item whose menu is asked for and answers whether there is one. */
  constructor({ place, onOpen = () => false }) {
    Object.assign(this, { place, list: place.list, scroller: place.scroller, onOpen });
    this.scroller.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Puts the keyboard on a message. */
  focus(item) {
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    const item = event.target.closest("[data-key]");
    const act = item ? this.#fromItem(event, item) : this.#fromList(event);
    if (act) event.preventDefault();
  }

  #fromList({ key }) {
    if (key === "ArrowUp") return this.#go(this.place.following ? this.list.lastElementChild : this.place.firstInView());
    return false;
  }

  #fromItem(event, item) {
    const { key, target } = event;
    if (key === "ArrowUp") return this.#go(item.previousElementSibling);
    if (key === "ArrowDown") return this.#go(item.nextElementSibling);
    if (key === "Home") return this.#go(this.list.firstElementChild);
    if (key === "End") return this.#go(this.list.lastElementChild);
    if (key === "Escape") return this.#back();
    const opens = (key === "Enter" && target === item) || key === "ContextMenu" || (key === "F10" && event.shiftKey);
    return opens && this.onOpen(item);
  }

  #go(item) {
    if (item) this.focus(item);
    return true;
  }

  #back() {
    this.scroller.focus({ preventScroll: true });
    return true;
  }
}
