// What was typed into the sheet of an item and is not saved yet. It survives a reload.

import { stored } from "/assets/store.js";

/** @typedef {import("./editor_document.js").Item} Item */
/** @typedef {{id: string, name: string, price: string}} SizeEntry */
/**
 * An item as it stands in the sheet: what was typed, as it was typed.
 * @typedef {{name: string, description: string, category: string, sizes: SizeEntry[], modifiers: string[], allergens: string[], may_contain: string[], notes: string, prep: string, tax: string}} Entry
 */
/**
 * `id` is null for a new item, and `made` its id from the first try to save it on; `base` is the item
 * as it was when the sheet was opened, and `version` that of the menu then.
 * @typedef {{id: string | null, made: string, name: string, base: Item | null, version: number, entry: Entry}} Draft
 */

/** @type {Draft | null} */
const NONE = null;

export const draft = stored("menu-draft", NONE, isDraft);

/**
 * @param {unknown} read
 * @returns {read is Draft | null}
 */
function isDraft(read) {
  if (read === null) return true;
  const { id, made, name, version, entry } = /** @type {Partial<Draft>} */ (read);
  return (
    (id === null || typeof id === "string") &&
    typeof made === "string" &&
    typeof name === "string" &&
    typeof version === "number" &&
    isEntry(entry)
  );
}

/** @param {Entry | undefined} entry */
function isEntry(entry) {
  if (!entry) return false;
  const { name, description, category, notes, prep, tax, sizes } = entry;
  const { modifiers, allergens, may_contain: traces } = entry;
  return (
    [name, description, category, notes, prep, tax].every((text) => typeof text === "string") &&
    [modifiers, allergens, traces].every(Array.isArray) &&
    [...modifiers, ...allergens, ...traces].every((id) => typeof id === "string") &&
    sizes.every((size) =>
      [size.id, size.name, size.price].every((text) => typeof text === "string"),
    )
  );
}
