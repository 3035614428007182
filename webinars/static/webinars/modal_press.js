/**
 * What the pointer does around a modal dialog: a press that begins and ends outside of it says no. Text that is dragged out
 * of a field ends outside, too, but did not begin there; and of a double click that opened the dialog the second half falls
 * on it, where it means nothing.
 */
export function wireModalPress(dialog, onOutside) {
  let began = false;
  dialog.addEventListener("mousedown", ({ target, detail }) => (began = target === dialog && detail < 2));
  dialog.addEventListener("click", (event) => {
    if (event.detail > 1 && event.target.closest("button")) return event.preventDefault();
    if (event.target === dialog && began) onOutside();
    return undefined;
  });
}
