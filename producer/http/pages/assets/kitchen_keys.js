// Keys of the kitchen display: 1 to 9 choose a card, space is done, u takes back, arrows move.

import { shown } from "/assets/dialog.js";
import { byId, el } from "/assets/dom.js";
import { t } from "/assets/text.js";

async function showKeys() {
  const keys = [
    ["1 – 9", t("kitchen.key_choose")],
    ["← →", t("kitchen.key_move")],
    [t("kitchen.key_space"), t("kitchen.key_done")],
    ["u", t("kitchen.key_undo")],
    ["r", t("kitchen.ready")],
    ["p", t("kitchen.pause")],
  ];
  const dialog = el(
    "dialog",
    { "aria-label": t("kitchen.keys") },
    el("h2", {}, t("kitchen.keys")),
    el(
      "dl",
      { class: "keys" },
      keys.flatMap(([key, text]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, text)]),
    ),
    el(
      "form",
      { method: "dialog", class: "actions" },
      el("button", { class: "primary" }, t("kitchen.close")),
    ),
  );
  document.body.append(dialog);
  await shown(dialog);
  dialog.remove();
}

/**
 * @param {HTMLElement} list
 * @param {{act: (id: string) => void, recall: () => unknown, pause: () => unknown, undo: () => unknown}} does
 */
export function kitchenKeys(list, does) {
  const focus = (/** @type {number} */ at) => {
    const element = list.children[Math.max(0, Math.min(at, list.children.length - 1))];
    if (element instanceof HTMLElement) element.focus();
  };
  byId("show-keys").onclick = showKeys;
  /** @type {Record<string, () => unknown>} */
  const anywhere = { u: does.undo, r: does.recall, p: does.pause, "?": showKeys };
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || document.querySelector("dialog[open]")) return;
    const chosen = document.activeElement;
    const at = [...list.children].findIndex((one) => one === chosen);
    if (/^[1-9]$/.test(key)) focus(Number(key) - 1);
    else if (anywhere[key]) anywhere[key]();
    else if (at < 0) return;
    else if (key === " " && chosen instanceof HTMLElement) {
      if (!event.repeat) does.act(chosen.dataset["id"] ?? "");
      if (!chosen.isConnected) focus(at);
    } else if (key === "ArrowRight" || key === "ArrowDown") focus(at + 1);
    else if (key === "ArrowLeft" || key === "ArrowUp") focus(at - 1);
    else return;
    event.preventDefault();
  });
}
