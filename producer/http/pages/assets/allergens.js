// The 14 allergens of Regulation (EU) 1169/2011, Annex II, and what an item has of them.

import { t } from "/assets/text.js";

/** @type {Record<string, string>} */
const ALLERGENS = {
  gluten: "allergens.gluten",
  crustaceans: "allergens.crustaceans",
  eggs: "allergens.eggs",
  fish: "allergens.fish",
  peanuts: "allergens.peanuts",
  soybeans: "allergens.soybeans",
  milk: "allergens.milk",
  nuts: "allergens.nuts",
  celery: "allergens.celery",
  mustard: "allergens.mustard",
  sesame: "allergens.sesame",
  sulphites: "allergens.sulphites",
  lupin: "allergens.lupin",
  molluscs: "allergens.molluscs",
};

/** In the order of the regulation. */
export const ALLERGEN_IDS = Object.keys(ALLERGENS);

/** @param {string} id */
export function allergenName(id) {
  const key = ALLERGENS[id];
  return key ? t(key) : id;
}

/**
 * Gives the allergens of an item with modifiers, as `shared/domain/allergens.py` does.
 * @param {{allergens: string[], may_contain: string[], modifiers: {id: string, allergens: string[], may_contain: string[], replaces: string[]}[]}} item
 * @param {string[]} ids of the modifiers
 */
export function contents({ allergens, may_contain: traces, modifiers }, ids) {
  const chosen = modifiers.filter(({ id }) => ids.includes(id));
  const replaced = new Set(chosen.flatMap(({ replaces }) => replaces));
  const contains = new Set([
    ...allergens.filter((one) => !replaced.has(one)),
    ...chosen.flatMap((one) => one.allergens),
  ]);
  const all = new Set([...traces, ...chosen.flatMap((one) => one.may_contain)]);
  return { contains: [...contains], traces: [...all].filter((one) => !contains.has(one)) };
}
