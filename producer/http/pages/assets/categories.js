// Categories of the menu: those that the first one has, in the language of the page.

import { t } from "/assets/text.js";

/** @type {Record<string, string>} */
const CATEGORIES = {
  coffee: "categories.coffee",
  "cold-drinks": "categories.cold_drinks",
  "hot-drinks": "categories.hot_drinks",
  bakery: "categories.bakery",
};

/** @param {string} id */
export function categoryName(id) {
  const key = CATEGORIES[id];
  if (key) return t(key);
  const words = id.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
