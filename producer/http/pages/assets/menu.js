// What the shop sells, as `GET /menu` has it, and how it is named on pages.

import { ALLERGEN_IDS } from "./allergens.js";

/** @typedef {"here" | "away"} Serve */
/** @typedef {{id: string, name: string, price: number, sold_out: boolean}} Size */
/** @typedef {Size & {allergens: string[]}} Modifier */
/** @typedef {{src: string, srcset: string, width: number, height: number, color: string}} Photo */
/** @typedef {{id: string, name: string, description: string, category: string, sold_out: boolean, sizes: Size[], modifiers: Modifier[], allergens: string[], notes: string, tax_rates: Record<Serve, string>, photo: Photo | null}} Item */
/** @typedef {{currency: string, version: number, prices_include_tax: boolean, serve: Serve | null, items: Item[]}} Menu */

/**
 * Lists the allergens that the menu has, in the order of the regulation.
 * @param {Menu} menu
 */
export function allergensOf({ items }) {
  const used = new Set(
    items.flatMap(({ allergens, modifiers }) => [
      ...allergens,
      ...modifiers.flatMap((modifier) => modifier.allergens),
    ]),
  );
  return ALLERGEN_IDS.filter((allergen) => used.has(allergen));
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
