// Short notes at the foot of the page. They go by themselves, but not while somebody is on them.

import { byId, el, icon } from "./dom.js";
import { t } from "./text.js";

const SHOWN_MS = 6000;
const MOST = 3;

/**
 * Shows a note. One with an action stays until its time `ms` is over; `kind` is good, bad or plain.
 * @param {string} text
 * @param {{kind?: "plain" | "good" | "bad", action?: {label: string, run: () => unknown}, ms?: number}} [options]
 * @returns {() => void} takes the note away
 */
export function toast(text, { kind = "plain", action, ms = SHOWN_MS } = {}) {
  const list = byId("toasts");
  const note = el("div", { class: `toast ${kind}` }, el("p", {}, text));
  const close = () => remove(list, note);
  if (action) {
    const run = () => {
      close();
      action.run();
    };
    note.append(el("button", { type: "button", class: "quiet", onclick: run }, action.label));
  }
  const label = t("toast.close");
  note.append(
    el(
      "button",
      { type: "button", class: "plain", "aria-label": label, onclick: close },
      icon("close"),
    ),
  );
  list.append(note);
  while (list.children.length > MOST) list.firstElementChild?.remove();
  onTop(list);
  goLater(note, ms, close);
  return close;
}

/**
 * Shows the list above dialogs that were opened since.
 * @param {HTMLElement} list
 */
function onTop(list) {
  if (list.matches(":popover-open")) list.hidePopover();
  list.showPopover();
}

/**
 * @param {HTMLElement} note
 * @param {number} ms
 * @param {() => void} close
 */
function goLater(note, ms, close) {
  let timer = setTimeout(close, ms);
  const stay = () => clearTimeout(timer);
  const go = () => {
    clearTimeout(timer);
    timer = setTimeout(close, ms);
  };
  for (const name of ["pointerenter", "focusin"]) note.addEventListener(name, stay);
  for (const name of ["pointerleave", "focusout"]) note.addEventListener(name, go);
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} note
 */
function remove(list, note) {
  note.remove();
  if (list.children.length === 0 && list.matches(":popover-open")) list.hidePopover();
}
