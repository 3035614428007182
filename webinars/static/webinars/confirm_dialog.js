/** Asks before something that is hard on somebody: a <dialog> with a title, what will happen, and two ways. */
import { gettext } from "./i18n.js";
import { wireModalPress } from "./modal_press.js";

/** Answers whether the person said yes. Escape and a press outside say no. */
export function confirmed({ title, text, yes }) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "confirm-title");
  dialog.setAttribute("aria-describedby", "confirm-text");
  const form = document.createElement("form");
  form.method = "dialog";
  form.append(
    made("h2", { id: "confirm-title", textContent: title }),
    made("p", { id: "confirm-text", textContent: text }),
    made("div", { className: "dialog-actions" }, [
      made("button", { className: "button button-quiet", value: "no", textContent: gettext("Cancel") }),
      made("button", { className: "button button-danger", value: "yes", textContent: yes }),
    ]),
  );
  dialog.append(form);
  wireModalPress(dialog, () => dialog.close("no"));
  const opener = document.activeElement;
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (opener?.isConnected) opener.focus();
      resolve(dialog.returnValue === "yes");
    });
    dialog.returnValue = "no";
    dialog.showModal();
  });
}

function made(name, properties, children = []) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}
