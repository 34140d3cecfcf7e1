// Keys of the kitchen display: 1 to 9 choose a card, space is done, u takes back, arrows move.

import { byId } from "/assets/dom.js";
import { shown } from "/assets/dialog.js";
import { undo } from "./taps.js";

/**
 * @param {HTMLElement} list
 * @param {(id: string) => void} act
 */
export function kitchenKeys(list, act) {
  const focus = (/** @type {number} */ at) => {
    const element = list.children[Math.max(0, Math.min(at, list.children.length - 1))];
    if (element instanceof HTMLElement) element.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"))
      return;
    const chosen = document.activeElement;
    const at = chosen ? [...list.children].indexOf(chosen) : -1;
    if (/^[1-9]$/.test(event.key)) focus(Number(event.key) - 1);
    else if (event.key === "u") undo();
    else if (event.key === "?") void shown(byId("keys", HTMLDialogElement));
    else if (at < 0) return;
    else if (event.key === " " && chosen instanceof HTMLElement) {
      act(chosen.dataset["id"] ?? "");
      focus(at);
    } else if (event.key === "ArrowRight" || event.key === "ArrowDown") focus(at + 1);
    else if (event.key === "ArrowLeft" || event.key === "ArrowUp") focus(at - 1);
    else return;
    event.preventDefault();
  });
}
