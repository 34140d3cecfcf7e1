// Extras, names of sizes, and who changed what in the menu.

import { ask } from "/assets/dialog.js";
import { el, fill, icon } from "/assets/dom.js";
import { clockTime, day, price } from "/assets/format.js";
import { request } from "/assets/http.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { allergenName } from "./allergens.js";
import { itemsIn } from "./editor_document.js";
import { editExtra, editSize } from "./editor_small.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_state.js").EditorState} EditorState */
/** @typedef {import("./editor_state.js").Version} Version */
/** @typedef {(doing: () => Promise<unknown>) => Promise<void>} Act */

const PAGE = 20;

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
 * Shows who changed what, and lets a manager go back.
 * @param {HTMLElement} panel
 * @param {EditorState} state
 * @param {boolean} canEdit
 * @param {Act} act
 */
export async function showHistory(panel, state, canEdit, act) {
  const rows = el("ul", { class: "rows" });
  const more = el("button", { type: "button", class: "quiet", hidden: true }, t("editor.older"));
  let before = 0;
  const load = async () => {
    const query = before ? `&before=${before}` : "";
    const { versions } = await request("GET", `/menu/versions?limit=${PAGE}${query}`);
    for (const version of /** @type {Version[]} */ (versions)) {
      rows.append(versionRow(version, state, canEdit, act));
      before = version.version;
    }
    more.hidden = versions.length < PAGE || before <= 1;
  };
  more.onclick = () => void act(load);
  await act(async () => {
    await load();
    fill(panel, el("div", { class: "card" }, rows), el("div", { class: "actions" }, more));
  });
}

/**
 * @param {Version} version
 * @param {EditorState} state
 * @param {boolean} canEdit
 * @param {Act} act
 */
function versionRow({ version, at, by, changes }, state, canEdit, act) {
  const isNow = version >= state.version;
  const when = `${day(at)}, ${clockTime(at)}`;
  const back = el("button", { type: "button", class: "quiet end" }, icon("undo"), t("editor.back"));
  back.onclick = async () => {
    const title = t("editor.back_title", { when });
    if (!(await ask({ title, text: t("editor.back_text"), yes: t("editor.back") }))) return;
    const headers = { "If-Match": state.etag };
    await act(() => request("POST", `/menu/versions/${version}/restore`, { headers }));
  };
  return el(
    "li",
    {},
    el(
      "div",
      { class: "editor-version" },
      el("p", {}, visible(changes)),
      el("p", { class: "small quiet" }, `${visible(by)} · `, el("time", { datetime: at }, when)),
    ),
    isNow ? el("span", { class: "badge good end" }, t("editor.now")) : canEdit && back,
  );
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
