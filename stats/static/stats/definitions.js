/**
 * Definitions beside their terms: CSS shows them on hover and focus; here they are kept inside the window, out of the
 * way of what scrolls, and put away by Escape.
 */
const GAP = 6;
const MARGIN = 8;

/** Where a definition stands: under its term, above it where there is no room below, never outside the window. */
export function placeOf({ term, size, view }) {
  const left = Math.max(MARGIN, Math.min(term.left, view.width - size.width - MARGIN));
  const below = term.bottom + GAP;
  const above = term.top - GAP - size.height;
  const top = below + size.height > view.height - MARGIN && above >= MARGIN ? above : below;
  return { left, top };
}

function place(holder) {
  const tooltip = holder.querySelector("[role=tooltip]");
  if (!tooltip || getComputedStyle(tooltip).display === "none") return;
  Object.assign(tooltip.style, { position: "fixed", left: "0px", top: "0px" });
  const zero = tooltip.getBoundingClientRect();
  const view = { width: document.documentElement.clientWidth, height: document.documentElement.clientHeight };
  const { left, top } = placeOf({ term: holder.firstElementChild.getBoundingClientRect(), size: zero, view });
  // What is fixed stands in the window, or in an ancestor that contains its layout.
  Object.assign(tooltip.style, { left: `${left - zero.left}px`, top: `${top - zero.top}px` });
}

const holderOf = (target) => (target instanceof Element ? target.closest(".ef-defined") : null);

export function keepDefinitionsInSight(root = document) {
  for (const event of ["pointerover", "focusin"]) {
    root.addEventListener(event, ({ target }) => {
      const holder = holderOf(target);
      if (holder) place(holder);
    });
  }
  for (const event of ["pointerout", "focusout"]) {
    root.addEventListener(event, ({ target, relatedTarget }) => {
      const holder = holderOf(target);
      if (holder && !holder.contains(relatedTarget)) holder.classList.remove("ef-dismissed");
    });
  }
  root.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    for (const holder of root.querySelectorAll(".ef-defined:hover, .ef-defined:focus-within")) {
      holder.classList.add("ef-dismissed");
    }
  });
}
