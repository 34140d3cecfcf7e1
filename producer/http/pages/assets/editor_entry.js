// An item as it is typed, checked and written back: all of it pure, but for the texts of errors.

import { t } from "/assets/text.js";
import { categoryName } from "./categories.js";
import { categoriesOf, newId, plainId } from "./editor_document.js";
import { priceOf, priceText } from "./editor_prices.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_document.js").Item} Item */
/** @typedef {import("./editor_draft.js").Entry} Entry */
/** @typedef {import("./editor_draft.js").SizeEntry} SizeEntry */
/** @typedef {Record<string, string>} Faults texts by the name of a field, as in `sizes/0/price` */

export const LONGEST_NAME = 80;
export const LONGEST_LINES = 200;
const MOST_SECONDS = 3600;

/**
 * @param {MenuDocument} menu
 * @param {Item | null} item null for a new one, which is like those of the last category
 * @returns {Entry}
 */
export function toEntry(menu, item) {
  if (!item) {
    const [tax = ""] = Object.keys(menu.tax?.classes ?? {});
    const sizes = [{ id: "", name: menu.sizes[usualSize(menu)] ?? "", price: "" }];
    const empty = { name: "", description: "", category: "", notes: "", prep: "30", tax };
    return { ...empty, sizes, modifiers: [], allergens: [], may_contain: [] };
  }
  const { name, description, category, notes, prep_seconds: prep, tax } = item;
  const { allergens, may_contain } = item;
  const sizes = Object.entries(item.sizes).map(([id, amount]) => ({
    id,
    name: menu.sizes[id] ?? id,
    price: priceText(amount, menu.currency),
  }));
  const texts = { name, description, category: categoryName(category), notes, tax: tax ?? "" };
  return {
    ...texts,
    prep: String(prep),
    sizes,
    modifiers: [...item.modifiers],
    allergens,
    may_contain,
  };
}

/**
 * Puts what was typed into the menu, as `id`, or as a new item behind the others of its category.
 * @param {MenuDocument} menu
 * @param {string} id
 * @param {Entry} entry which `faultsOf` has found nothing in
 * @returns {MenuDocument}
 */
export function withEntry(menu, id, entry) {
  const names = { ...menu.sizes };
  /** @type {Record<string, number>} */
  const sizes = {};
  for (const size of entry.sizes) {
    const known = sizeId({ ...menu, sizes: names }, size);
    const sizeKey = known ?? newId(size.name, names, "size");
    names[sizeKey] ??= size.name.trim();
    sizes[sizeKey] = priceOf(size.price, menu.currency) ?? 0;
  }
  const item = {
    name: entry.name.trim(),
    description: entry.description.trim(),
    category: categoryId(menu, entry.category),
    prep_seconds: Number(entry.prep),
    sizes,
    modifiers: entry.modifiers.filter((one) => Object.hasOwn(menu.modifiers, one)),
    allergens: entry.allergens,
    may_contain: entry.may_contain,
    notes: entry.notes.trim(),
    tax: entry.tax || null,
  };
  return { ...menu, sizes: names, items: { ...menu.items, [id]: item } };
}

/**
 * Says what is wrong with what was typed.
 * @param {MenuDocument} menu
 * @param {Entry} entry
 */
export function faultsOf(menu, entry) {
  /** @type {Faults} */
  const faults = {};
  const seconds = Number(entry.prep);
  if (!entry.name.trim()) faults["name"] = t("editor_form.needed");
  if (!entry.category.trim()) faults["category"] = t("editor_form.needed");
  else if (!categoryId(menu, entry.category)) faults["category"] = t("editor_form.no_category");
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MOST_SECONDS) {
    faults["prep_seconds"] = t("editor_form.no_seconds", { most: MOST_SECONDS });
  }
  if (entry.sizes.length === 0) faults["sizes"] = t("editor_form.no_size");
  const seen = new Set();
  for (const [at, { name, price }] of entry.sizes.entries()) {
    const key = name.trim().toLowerCase();
    if (!key) faults[`sizes/${at}/name`] = t("editor_form.needed");
    else if (seen.has(key)) faults[`sizes/${at}/name`] = t("editor_form.twice");
    seen.add(key);
    if (priceOf(price, menu.currency) === null) {
      const example = priceText(450, menu.currency);
      faults[`sizes/${at}/price`] = t("editor_form.no_price", { example });
    }
  }
  return faults;
}

/**
 * The size of most of the items that come in one alone, or else the first one.
 * @param {MenuDocument} menu
 */
function usualSize({ items, sizes }) {
  const alone = Object.values(items).map((item) => Object.keys(item.sizes));
  const ids = alone.flatMap((each) => (each.length === 1 ? each : []));
  const count = (/** @type {string} */ id) => ids.filter((one) => one === id).length;
  return Object.keys(sizes).sort((a, b) => count(b) - count(a))[0] ?? "";
}

/**
 * @param {MenuDocument} menu
 * @param {string} typed
 */
function categoryId(menu, typed) {
  const name = typed.trim().toLowerCase();
  const known = categoriesOf(menu).find((id) => categoryName(id).toLowerCase() === name);
  return known ?? plainId(typed);
}

/**
 * Finds the size that is meant: the one that it was, or another one of that name.
 * @param {MenuDocument} menu
 * @param {SizeEntry} size
 */
function sizeId({ sizes }, { id, name }) {
  const wanted = name.trim().toLowerCase();
  if (sizes[id]?.toLowerCase() === wanted) return id;
  return Object.keys(sizes).find((one) => sizes[one]?.toLowerCase() === wanted);
}
