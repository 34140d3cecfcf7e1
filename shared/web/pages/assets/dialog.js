// Questions before what cannot be undone, and sheets; both are the browser's own dialog.

import { el } from "./dom.js";
import { t } from "./text.js";

/**
 * Asks a question; only its yes is true, neither Escape nor a tap beside it.
 * @param {{title: string, text?: string, yes: string, no?: string, isDanger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export async function ask({ title, text, yes, no, isDanger = false }) {
  const answer = (
    /** @type {string} */ value,
    /** @type {string} */ kind,
    /** @type {string} */ label,
  ) => el("button", { value, class: kind, autofocus: value === "no" && isDanger }, label);
  const buttons = [
    answer("no", "quiet", no ?? t("dialog.cancel")),
    answer("yes", isDanger ? "danger" : "primary", yes),
  ];
  const dialog = el(
    "dialog",
    { "aria-labelledby": "question" },
    el(
      "form",
      { method: "dialog" },
      el("h2", { id: "question" }, title),
      text && el("p", {}, text),
      el("div", { class: "actions" }, buttons),
    ),
  );
  document.body.append(dialog);
  await shown(dialog);
  dialog.remove();
  return dialog.returnValue === "yes";
}

/**
 * Shows a dialog of the page until it closes; a tap beside it closes it, and the focus goes back to
 * where it was.
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<string>} the value of the button that closed it, or ""
 */
export function shown(dialog) {
  const before = document.activeElement;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const beside = (/** @type {PointerEvent} */ event) => {
      if (event.target === dialog && isOutside(event, dialog)) dialog.close();
    };
    dialog.addEventListener("pointerdown", beside);
    dialog.addEventListener(
      "close",
      () => {
        dialog.removeEventListener("pointerdown", beside);
        if (before instanceof HTMLElement) stillThere(before)?.focus();
        resolve(dialog.returnValue);
      },
      { once: true },
    );
  });
}

/**
 * Finds an element, or what was drawn in its place meanwhile.
 * @param {HTMLElement} element
 */
function stillThere(element) {
  return element.isConnected ? element : document.getElementById(element.id);
}

/**
 * @param {PointerEvent} event
 * @param {HTMLElement} element
 */
function isOutside({ clientX: x, clientY: y }, element) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return x < left || x > right || y < top || y > bottom;
}
