/**
 * Where the reader is in a list that grows at both ends: at its end and following, or somewhere above, where nothing that
 * happens to the list moves what they look at. (Browsers' own scroll anchoring is off: not all have it.)
 */
const NEAR_END_PX = 64;

export class ReadingPlace {
  #top = 0;

  /** `onEnd` hears that the reader has come to the end. */
  constructor({ scroller, list, onEnd }) {
    Object.assign(this, { scroller, list, onEnd, following: true });
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const layout = new ResizeObserver(() => this.following && this.toEnd());
    layout.observe(scroller);
    layout.observe(list);
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.following = true;
    this.onEnd();
  }

  /** Changes the list while what a reader looks at (other than the items that are `going`) stays where it is. */
  keep(change, going = new Set()) {
    const kept = this.following ? null : this.firstInView(going);
    const before = kept?.getBoundingClientRect().top;
    change();
    if (!kept?.isConnected) return;
    const moved = kept.getBoundingClientRect().top - before;
    if (moved) this.scroller.scrollTop += moved;
  }

  /** The first item that is not wholly above the view, other than those in `except`. */
  firstInView(except = new Set()) {
    const items = this.list.children;
    const { top } = this.scroller.getBoundingClientRect();
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (items[middle].getBoundingClientRect().bottom > top) high = middle;
      else low = middle + 1;
    }
    while (low < items.length && except.has(items[low])) low += 1;
    return items[low] ?? null;
  }

  /** The reader follows until they scroll up; a page that grows below them does not change that. */
  #scrolled() {
    const { scrollTop } = this.scroller;
    if (this.atEnd) {
      this.following = true;
      this.onEnd();
    } else if (scrollTop < this.#top) this.following = false;
    this.#top = scrollTop;
  }
}
