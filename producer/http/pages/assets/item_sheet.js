// The sheet in which an item's size, modifiers, quantity and note are chosen.

import { shown } from "/assets/dialog.js";
import { byId, el, fill, icon } from "/assets/dom.js";
import { price } from "/assets/format.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { MOST_OF_ONE } from "./cart.js";
import { goTo, modifierFields } from "./item_extras.js";
import { conflicts, contentsTexts, substitutes, substituteText, usualSize } from "./menu.js";
import { avoided, picture } from "./menu_list.js";

/** @typedef {import("./menu.js").Menu} Menu */
/** @typedef {import("./menu.js").Item} Item */
/** @typedef {import("./menu.js").Modifier} Modifier */
/** @typedef {import("./cart.js").Line} Line */

/**
 * Makes the line of an item in its usual size.
 * @param {Item} item
 * @returns {Line}
 */
export function usualLine(item) {
  const size = usualSize(item)?.id ?? "";
  const { id, name } = item;
  const line = { item: id, name, size, modifiers: [], quantity: 1, note: "", was: null };
  return { ...line, price: priceIn(item, line) };
}

/**
 * Lets a customer change a line; gives the line they want, or null when they leave.
 * @param {Menu} menu
 * @param {Item} item
 * @param {Line} line
 * @param {boolean} isNew
 * @returns {Promise<Line | null>}
 */
export async function chooseLine(menu, item, line, isNew) {
  const dialog = byId("sheet", HTMLDialogElement);
  let wanted = { ...line };
  const add = el("button", { class: "primary big", value: "add" });
  const contains = el("p", { role: "status" });
  const missing = () =>
    isNew && conflicts(item, wanted.modifiers, avoided.get()).length > 0
      ? substitutes(item, avoided.get())[0]
      : undefined;
  const quantity = el("output", {});
  const change = (/** @type {Partial<Line>} */ changed) => {
    wanted = { ...wanted, ...changed };
    wanted.price = priceIn(item, wanted);
    const sum = price(priceIn(item, wanted) * wanted.quantity, menu.currency);
    add.textContent = missing()
      ? t("menu.choose")
      : t(isNew ? "menu.add" : "menu.save", { price: sum });
    quantity.textContent = String(wanted.quantity);
    showContents(contains, item, wanted);
  };
  const step = (/** @type {number} */ by) => () =>
    change({ quantity: Math.min(MOST_OF_ONE, Math.max(1, wanted.quantity + by)) });
  const note = el("input", { id: "note", maxlength: 200, value: line.note, autocomplete: "off" });
  note.addEventListener("input", () => change({ note: note.value.trim() }));
  fill(
    dialog,
    el(
      "form",
      { method: "dialog" },
      el(
        "header",
        {},
        el("h2", { id: "sheet-title" }, visible(item.name)),
        closeButton(() => dialog.close()),
      ),
      item.photo && picture(item, true),
      item.description && el("p", { class: "quiet" }, visible(item.description)),
      item.sizes.length > 1 && sizes(menu, item, wanted, (size) => change({ size })),
      modifierFields(menu, item, wanted.modifiers, (ids) => change({ modifiers: ids })),
      el("div", { class: "field" }, el("label", { for: "note" }, t("menu.note")), note),
      contains,
      item.notes && el("p", { class: "small quiet" }, visible(item.notes)),
      el("div", { class: "actions" }, stepper(quantity, step), add),
    ),
  );
  add.onclick = (event) => {
    const one = missing();
    if (!one) return;
    event.preventDefault();
    goTo(one.id);
  };
  change({});
  const isWanted = (await shown(dialog)) === "add";
  fill(dialog);
  return isWanted ? { ...wanted, was: null } : null;
}

/**
 * @param {HTMLElement} quantity
 * @param {(by: number) => () => void} step
 */
function stepper(quantity, step) {
  return el(
    "span",
    { class: "stepper", role: "group", "aria-label": t("menu.quantity") },
    stepButton("minus", t("menu.fewer"), step(-1)),
    quantity,
    stepButton("plus", t("menu.more"), step(1)),
  );
}

/** @param {() => void} close */
export function closeButton(close) {
  const props = { type: "button", class: "plain", "aria-label": t("menu.close"), onclick: close };
  return el("button", props, icon("close"));
}

/**
 * @param {string} name
 * @param {string} label
 * @param {() => void} run
 * @param {string} [id]
 */
export function stepButton(name, label, run, id) {
  const props = { id, type: "button", class: "plain", "aria-label": label, onclick: run };
  return el("button", props, icon(name));
}

/**
 * @param {Menu} menu
 * @param {Item} item
 * @param {Line} line
 * @param {(size: string) => void} choose
 */
function sizes(menu, item, line, choose) {
  const chips = item.sizes.map((size) =>
    el(
      "label",
      { class: "chip" },
      el("input", {
        type: "radio",
        name: "size",
        checked: size.id === line.size,
        disabled: size.sold_out,
        autofocus: size.id === line.size,
        onchange: () => choose(size.id),
      }),
      visible(size.name),
      el("small", {}, price(size.price, menu.currency)),
    ),
  );
  const legend = el("legend", {}, t("menu.size"));
  return el("fieldset", {}, legend, el("div", { class: "chips" }, chips));
}

/**
 * @param {Item} item
 * @param {Pick<Line, "size" | "modifiers">} line
 */
function priceIn(item, { size, modifiers: ids }) {
  const extras = item.modifiers.filter(({ id }) => ids.includes(id));
  const base = item.sizes.find(({ id }) => id === size)?.price ?? 0;
  return extras.reduce((sum, extra) => sum + extra.price, base);
}

/**
 * Says what an item contains as it is chosen, and warns when it is avoided.
 * @param {HTMLElement} place
 * @param {Item} item
 * @param {Line} line
 */
function showContents(place, item, { modifiers: ids }) {
  const isAvoided = conflicts(item, ids, avoided.get()).length > 0;
  const texts = contentsTexts(item, ids);
  if (isAvoided) texts.push(substituteText(item, avoided.get()));
  const text = texts
    .filter(Boolean)
    .map((one) => `${one}.`)
    .join(" ");
  place.className = isAvoided ? "banner warn" : "small quiet contains";
  if (place.textContent !== text) place.textContent = text;
}
