// The 14 allergens of Regulation (EU) 1169/2011, Annex II, by name.

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
