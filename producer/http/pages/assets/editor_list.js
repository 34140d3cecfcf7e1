// The menu in the editor: its items by category, with what is sold out and what photos there are.

import { el } from "/assets/dom.js";
import { price } from "/assets/format.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { categoryName } from "./categories.js";
import { categoriesOf } from "./editor_document.js";
import { empty, moves, thumbnail } from "./editor_parts.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_document.js").Item} Item */
/** @typedef {import("./editor_state.js").EditorState} EditorState */
/**
 * What a tap does.
 * @typedef {{edit: (id: string) => void, sell: (id: string, isSold: boolean) => void, move: (id: string, by: number) => void, moveCategory: (id: string, by: number) => void}} Does
 */

/**
 * Lists the items that a search finds; with `isMoving`, by buttons that move them.
 * @param {MenuDocument} menu
 * @param {EditorState} state
 * @param {{isMoving: boolean, search: string}} view
 * @param {Does} does
 */
export function itemList(menu, state, { isMoving, search }, does) {
  const found = Object.keys(menu.items).filter((id) =>
    visible(menu.items[id]?.name ?? "")
      .toLowerCase()
      .includes(search.trim().toLowerCase()),
  );
  if (found.length === 0) return [empty(t("editor.none_found"))];
  const categories = categoriesOf(menu);
  return categories.map((category, at) => {
    const ids = found.filter((id) => menu.items[id]?.category === category);
    const name = visible(categoryName(category));
    const rows = ids.map((id, place) => {
      const item = /** @type {Item} */ (menu.items[id]);
      const ends = { up: place > 0, down: place < ids.length - 1 };
      const tools = isMoving
        ? moves(`item-${id}`, item.name, ends, (by) => does.move(id, by))
        : [sellSwitch(id, item, state, does.sell)];
      return row(id, item, menu.currency, state, tools, does.edit);
    });
    if (rows.length === 0) return null;
    const ends = { up: at > 0, down: at < categories.length - 1 };
    const tools = moves(`category-${category}`, name, ends, (by) =>
      does.moveCategory(category, by),
    );
    return el(
      "section",
      { class: "editor-category", "aria-labelledby": `in-${category}` },
      el("header", {}, el("h2", { id: `in-${category}` }, name), isMoving && tools),
      el("div", { class: "card" }, el("ul", { class: "rows" }, rows)),
    );
  });
}

/**
 * @param {string} id
 * @param {Item} item
 * @param {string} currency
 * @param {EditorState} state
 * @param {(Node | string)[]} tools
 * @param {(id: string) => void} edit
 */
function row(id, item, currency, state, tools, edit) {
  return el(
    "li",
    { class: "editor-row" },
    thumbnail(state.shown.get(id)?.photo ?? null),
    el(
      "button",
      { type: "button", class: "editor-name", id: `edit-${id}`, onclick: () => edit(id) },
      el("strong", {}, visible(item.name)),
      el("span", { class: "small quiet" }, prices(item, currency)),
      el("span", { class: "chips" }, badges(id, item, state)),
    ),
    el("span", { class: "end editor-tools" }, tools),
  );
}

/**
 * @param {Item} item
 * @param {string} currency
 */
function prices({ sizes }, currency) {
  const all = Object.values(sizes);
  const least = price(Math.min(...all), currency);
  const most = price(Math.max(...all), currency);
  return least === most ? least : `${least} – ${most}`;
}

/**
 * @param {string} id
 * @param {Item} item
 * @param {EditorState} state
 */
function badges(id, item, state) {
  const shown = state.shown.get(id);
  const photo = state.photos.get(id);
  const gone = shown?.sizes.filter(({ sold_out: isSoldOut }) => isSoldOut) ?? [];
  return [
    gone.length > 0 &&
      gone.length < Object.keys(item.sizes).length &&
      badge("warn", t("editor.size_gone", { sizes: gone.map((one) => one.name).join(", ") })),
    photo?.state === "waiting" &&
      badge("warn", photo.needs_consent ? t("editor.photo_held") : t("editor.photo_waiting")),
    photo?.state === "refused" && badge("bad", t("editor.photo_refused")),
  ];
}

/**
 * @param {string} kind
 * @param {string} text
 */
function badge(kind, text) {
  return el("span", { class: `badge ${kind}` }, visible(text));
}

/**
 * @param {string} id
 * @param {{name: string}} item
 * @param {EditorState} state
 * @param {(id: string, isSold: boolean) => void} sell
 */
function sellSwitch(id, { name }, state, sell) {
  const shown = state.shown.get(id);
  const box = el("input", {
    id: `sell-${id}`,
    type: "checkbox",
    class: "switchbox",
    role: "switch",
    checked: shown ? !shown.sold_out : true,
    disabled: !shown,
    "aria-label": t("editor.sell", { name: visible(name) }),
  });
  box.onchange = () => sell(id, box.checked);
  const text = shown?.sold_out ? t("editor.sold_out") : t("editor.on_sale");
  return el("label", { class: "editor-sell" }, box, el("span", { class: "small quiet" }, text));
}
