// What the shop sells, as `GET /menu` has it, and how it is named on pages.

import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { ALLERGEN_IDS, allergenName, contents } from "./allergens.js";

/** @typedef {"here" | "away"} Serve */
/** @typedef {{id: string, name: string, price: number, sold_out: boolean}} Size */
/** @typedef {Size & {allergens: string[], may_contain: string[], replaces: string[], group: string | null}} Modifier */
/** @typedef {{src: string, srcset: string, width: number, height: number, color: string}} Photo */
/** @typedef {{id: string, name: string, description: string, category: string, sold_out: boolean, sizes: Size[], modifiers: Modifier[], allergens: string[], may_contain: string[], notes: string, tax_rates: Record<Serve, string>, photo: Photo | null}} Item */
/** @typedef {{currency: string, version: number, prices_include_tax: boolean, serve: Serve | null, items: Item[]}} Menu */

/**
 * Lists the allergens that the menu has, be it in traces, in the order of the regulation.
 * @param {Menu} menu
 */
export function allergensOf({ items }) {
  const entries = items.flatMap((item) => [item, ...item.modifiers]);
  const used = new Set(entries.flatMap((one) => [...one.allergens, ...one.may_contain]));
  return ALLERGEN_IDS.filter((allergen) => used.has(allergen));
}

/**
 * Lists what a customer avoids and finds in an item with modifiers, be it in traces.
 * @param {Item} item
 * @param {string[]} ids of the modifiers
 * @param {string[]} avoids
 */
export function conflicts(item, ids, avoids) {
  const { contains, traces } = contents(item, ids);
  return [...contains, ...traces].filter((one) => avoids.includes(one));
}

/**
 * Lists the modifiers of which any one makes an item what a customer can have who cannot have it
 * as it is.
 * @param {Item} item
 * @param {string[]} avoids
 */
export function substitutes(item, avoids) {
  if (conflicts(item, [], avoids).length === 0) return [];
  return item.modifiers.filter(
    ({ id, sold_out }) => !sold_out && conflicts(item, [id], avoids).length === 0,
  );
}

/**
 * Says what makes it so, as in "No milk with Oat milk or Soy milk".
 * @param {Item} item
 * @param {string[]} avoids
 */
export function substituteText(item, avoids) {
  const names = substitutes(item, avoids).map(({ name }) => visible(name));
  if (names.length === 0) return "";
  const list = new Intl.ListFormat(document.documentElement.lang, { type: "disjunction" });
  const allergens = conflicts(item, [], avoids).map(allergenName).join(", ");
  return t("menu.without", { allergens, extras: list.format(names) });
}

/**
 * Says what an item with modifiers contains, and may contain.
 * @param {Item} item
 * @param {string[]} ids of the modifiers
 */
export function contentsTexts(item, ids) {
  const { contains, traces } = contents(item, ids);
  const texts = [];
  if (contains.length) {
    texts.push(t("menu.contains", { allergens: contains.map(allergenName).join(", ") }));
  }
  if (traces.length) {
    texts.push(t("menu.may_contain", { allergens: traces.map(allergenName).join(", ") }));
  }
  return texts;
}

/**
 * Whether a line of the cart contains something else than before.
 * @param {Menu} before
 * @param {Menu} now
 * @param {import("./cart.js").Line} line
 */
export function hasOther(before, now, line) {
  const [one, other] = [before, now].map(({ items }) => items.find(({ id }) => id === line.item));
  const has = (/** @type {Item} */ item) => JSON.stringify(contents(item, line.modifiers));
  return one && other ? has(one) !== has(other) : false;
}

/**
 * Whether there is nothing to choose, so that one tap adds it.
 * @param {Item} item
 */
export function isPlain({ sizes, modifiers }) {
  return sizes.length === 1 && modifiers.length === 0;
}

/**
 * Whether its tax depends on where it is eaten, so that customers have to say.
 * @param {Menu} menu
 */
export function asksWhere({ items }) {
  return items.some(({ tax_rates }) => tax_rates.here !== tax_rates.away);
}

/**
 * The size that is chosen beforehand: the middle one, or the first one after it that there is.
 * @param {Item} item
 * @returns {Size | undefined}
 */
export function usualSize({ sizes }) {
  const middle = Math.floor((sizes.length - 1) / 2);
  return [...sizes.slice(middle), ...sizes.slice(0, middle)].find((size) => !size.sold_out);
}
