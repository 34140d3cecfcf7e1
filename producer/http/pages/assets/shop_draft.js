// What was typed into a form of the shop and is not saved yet. It survives a reload.

import { stored } from "/assets/store.js";

/**
 * `base` is the document as it was when it was changed, `mine` what became of it.
 * @typedef {{base: {[name: string]: unknown}, mine: {[name: string]: unknown}}} Draft
 */

/** @type {Draft | null} */
const NONE = null;

/** @param {string} what the document is */
export function draftOf(what) {
  return stored(`shop-draft-${what}`, NONE, isDraft);
}

/**
 * @param {unknown} read
 * @returns {read is Draft | null}
 */
function isDraft(read) {
  if (read === null) return true;
  const { base, mine } = /** @type {Partial<Draft>} */ (read);
  return [base, mine].every((one) => one instanceof Object);
}
