// The sheet that pauses the shop: why, and until when.

import { el } from "/assets/dom.js";
import { request } from "/assets/http.js";
import { t } from "/assets/text.js";
import { sheet, trying } from "./kitchen_sheets.js";

const MINUTES = [5, 10, 20, 30];
const LONGEST_REASON = 200;

/**
 * @param {(shop: import("./kitchen_state.js").Shop) => void} showShop
 * @returns {Promise<void>}
 */
export async function pauseSheet(showShop) {
  const reasons = [t("kitchen.pause_break"), t("kitchen.pause_busy"), t("kitchen.pause_repair")];
  const text = el("input", { id: "pause-reason", maxlength: LONGEST_REASON, autocomplete: "off" });
  const form = el(
    "form",
    {},
    el("p", {}, t("kitchen.pause_text")),
    group(
      t("kitchen.pause_why"),
      reasons.map((reason) => chip("why", reason, reason, reason === reasons[0])),
    ),
    el(
      "div",
      { class: "field" },
      el("label", { for: "pause-reason" }, t("kitchen.pause_other")),
      text,
    ),
    group(t("kitchen.pause_until"), [
      ...MINUTES.map((count) =>
        chip("until", String(count), t("kitchen.minutes", { count }), count === 10),
      ),
      chip("until", "", t("kitchen.opens_by_hand"), false),
    ]),
    el("div", { class: "actions" }, el("button", { class: "danger big" }, t("kitchen.pause_now"))),
  );
  const { dialog, done } = sheet(t("kitchen.pause"), form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const chosen = new FormData(form);
    const minutes = Number(chosen.get("until"));
    const until = minutes ? new Date(Date.now() + minutes * 60_000).toISOString() : null;
    const why = /** @type {string} */ (chosen.get("why"));
    const reason = text.value.trim() || why;
    const body = { state: "paused", reason, until };
    if (await trying(async () => showShop(await request("PUT", "/shop", { body })))) dialog.close();
  };
  await done;
}

/**
 * @param {string} legend
 * @param {HTMLElement[]} chips
 */
function group(legend, chips) {
  return el("fieldset", {}, el("legend", {}, legend), el("div", { class: "chips" }, chips));
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} label
 * @param {boolean} checked
 */
function chip(name, value, label, checked) {
  return el(
    "label",
    { class: "chip" },
    el("input", { type: "radio", name, value, checked }),
    label,
  );
}
