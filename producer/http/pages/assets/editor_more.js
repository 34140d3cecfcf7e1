// Extras and names of sizes.

import { el, icon } from "/assets/dom.js";
import { price } from "/assets/format.js";
import { request } from "/assets/http.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { allergenName } from "./allergens.js";
import { itemsIn } from "./editor_document.js";
import { editExtra } from "./editor_extra.js";
import { editSize } from "./editor_small.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_state.js").EditorState} EditorState */
/** @typedef {(doing: () => Promise<unknown>) => Promise<void>} Act */

/**
 * @param {MenuDocument} menu
 * @param {EditorState} state
 * @param {boolean} canEdit
 * @param {Act} act
 */
export function extraList(menu, state, canEdit, act) {
  const gone = new Map(
    [...state.shown.values()].flatMap(({ modifiers }) =>
      modifiers.map((one) => [one.id, one.sold_out]),
    ),
  );
  const rows = Object.entries(menu.modifiers).map(([id, extra]) => {
    const { name, allergens } = extra;
    const parts = [`+${price(extra.price, menu.currency)}`, ...allergens.map(allergenName)];
    const isSold = gone.get(id) !== true;
    const box = el("input", {
      id: `sell-${id}`,
      type: "checkbox",
      class: "switchbox",
      role: "switch",
      checked: isSold,
      disabled: !gone.has(id),
      "aria-label": t("editor.sell", { name: visible(name) }),
    });
    box.onchange = () => {
      const body = { sold_out: !box.checked };
      void act(() => request("PUT", `/menu/modifiers/${id}`, { body }));
    };
    const text = el(
      "span",
      { class: "small quiet" },
      t(isSold ? "editor.on_sale" : "editor.sold_out"),
    );
    const tools = el("label", { class: "editor-sell end" }, box, text);
    const edit = canEdit ? () => void editExtra(state, id) : null;
    return row(id, name, parts.join(" · "), edit, tools);
  });
  return list(rows, t("editor.no_extras"));
}

/**
 * @param {MenuDocument} menu
 * @param {EditorState} state
 * @param {boolean} canEdit
 */
export function sizeList(menu, state, canEdit) {
  const rows = Object.entries(menu.sizes).map(([id, name]) => {
    const count = itemsIn(menu, id).length;
    const edit = canEdit ? () => void editSize(state, id) : null;
    return row(id, name, t("editor.used", { count }), edit);
  });
  return list(rows, t("editor.no_sizes"));
}

/**
 * @param {"extras" | "sizes" | string} panel
 * @param {EditorState} state
 */
export function addTo(panel, state) {
  return panel === "extras" ? editExtra(state, null) : editSize(state, null);
}

/**
 * @param {string} id
 * @param {string} name
 * @param {string} about
 * @param {(() => void) | null} edit
 * @param {Node} [tools]
 */
function row(id, name, about, edit, tools) {
  const parts = [
    el("strong", {}, visible(name)),
    el("span", { class: "small quiet" }, visible(about)),
  ];
  const button = { type: "button", class: "editor-name", id: `edit-${id}`, onclick: edit };
  return el(
    "li",
    { class: "editor-row" },
    edit ? el("button", button, parts) : el("span", { class: "editor-name" }, parts),
    tools,
  );
}

/**
 * @param {Node[]} rows
 * @param {string} nothing
 */
function list(rows, nothing) {
  if (rows.length > 0) return el("div", { class: "card" }, el("ul", { class: "rows" }, rows));
  return el("div", { class: "empty" }, icon("cup"), el("p", {}, nothing));
}
