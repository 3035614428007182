/**
 * Writing a question, or an answer: Enter breaks the line, since these are longer than a chat message; Ctrl or Cmd with
 * Enter sends, unless a syllable is still being composed.
 */
import { gettext, interpolate, ngettext } from "./i18n.js";
import { refusalSentence } from "./question_actions.js";

export const QUESTION_LENGTH = 1000;
export const ANSWER_LENGTH = 4000;
const COUNT_FROM = 0.9;
const IME_KEY = 229;

/** Whether this key press sends. */
export const sendsLong = ({ key, ctrlKey, metaKey, isComposing, keyCode }) =>
  key === "Enter" && Boolean(ctrlKey || metaKey) && !isComposing && keyCode !== IME_KEY;

/** Characters as people and the server count them: an emoji is one. */
export const lengthOf = (text) => [...text.trim()].length;

/** What to say about the length so far; empty while there is room. */
export function lengthSentence(text, limit) {
  const length = lengthOf(text);
  const left = limit - length;
  if (length < limit * COUNT_FROM) return "";
  if (left < 0) {
    return interpolate(ngettext("%(count)s character too many", "%(count)s characters too many", -left), { count: -left });
  }
  return interpolate(gettext("%(left)s characters left"), { left });
}

/** A field whose length is told, in a form that sends by button or shortcut. `send(text)` is called with what may go. */
export function wireLongField({ form, limit, send }) {
  const field = form.querySelector("textarea");
  const count = form.querySelector("[data-length]");
  const measure = () => {
    count.textContent = lengthSentence(field.value, limit);
    const tooLong = lengthOf(field.value) > limit;
    field.setAttribute("aria-invalid", String(tooLong));
    return !tooLong;
  };
  field.addEventListener("input", measure);
  field.addEventListener("keydown", (event) => {
    if (!sendsLong(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text && measure()) send(text);
    else field.focus();
  });
  return { field, measure };
}

/** Opens while somebody writes; the choice and the button take no room before. Some browsers focus no button on a tap. */
export class AskForm {
  /** `ask(body, isAnonymous)` takes a question on its way. */
  constructor({ form, ask }) {
    const anonymous = form.querySelector("[data-ask-anonymous]");
    const { field, measure } = wireLongField({
      form,
      limit: QUESTION_LENGTH,
      send: (body) => {
        ask(body, anonymous.checked);
        field.value = "";
        anonymous.checked = false;
        measure();
        field.focus();
      },
    });
    const leave = (to) => {
      if (to && !form.contains(to) && !field.value.trim()) form.dataset.open = "false";
    };
    form.addEventListener("focusin", () => (form.dataset.open = "true"));
    form.addEventListener("focusout", ({ relatedTarget }) => leave(relatedTarget));
    form.ownerDocument.addEventListener("pointerdown", ({ target }) => leave(target));
  }
}

/**
 * Opens a form for the answer inside a question, with the answer so far; closing it brings the focus back. `drafts` keeps
 * by id what was not sent: a look at other questions, or Escape, loses no text. "Cancel" does.
 */
export function openAnswer({ template, item, entry, drafts, send }) {
  const open = item.querySelector("form");
  if (open) return open.querySelector("textarea").focus();
  const form = template.content.firstElementChild.cloneNode(true);
  const problem = form.querySelector("[data-answer-problem]");
  const button = form.querySelector("[type=submit]");
  const close = () => {
    form.remove();
    const back = item.querySelector("[data-act=answer]");
    (back?.getClientRects().length ? back : item).focus();
  };
  const { field, measure } = wireLongField({
    form,
    limit: ANSWER_LENGTH,
    async send(text) {
      if (button.disabled) return;
      button.disabled = true;
      try {
        await send(text);
        drafts.delete(entry.id);
        close();
      } catch (error) {
        problem.textContent = refusalSentence(error);
        button.disabled = false;
        field.focus();
      }
    },
  });
  field.addEventListener("input", () => drafts.set(entry.id, field.value));
  form.querySelector("[data-answer-cancel]").addEventListener("click", () => {
    drafts.delete(entry.id);
    close();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    close();
  });
  field.value = drafts.get(entry.id) ?? entry.answer ?? "";
  item.querySelector("[data-q-acts]").after(form);
  measure();
  field.focus();
}
