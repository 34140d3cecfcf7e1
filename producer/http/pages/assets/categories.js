// Categories and groups of the menu: those that the first one has, in the language of the page.

import { t } from "/assets/text.js";

/** @type {Record<string, string>} */
const CATEGORIES = {
  coffee: "categories.coffee",
  "cold-drinks": "categories.cold_drinks",
  "hot-drinks": "categories.hot_drinks",
  bakery: "categories.bakery",
};

/** @type {Record<string, string>} */
const GROUPS = { milk: "categories.milk" };

/** @param {string} id */
export function categoryName(id) {
  const key = CATEGORIES[id];
  return key ? t(key) : inWords(id);
}

/**
 * Names a group of modifiers, of which one is chosen at a time.
 * @param {string} id
 */
export function groupName(id) {
  const key = GROUPS[id];
  return key ? t(key) : inWords(id);
}

/** @param {string} id */
function inWords(id) {
  const words = id.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
