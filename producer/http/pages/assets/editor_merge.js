// What two people have changed at once in an item, put together.

/** @typedef {import("./editor_draft.js").Entry} Entry */

const TEXTS = /** @type {const} */ (["name", "description", "category", "notes", "prep", "tax"]);

/**
 * Takes over what somebody else has changed, but for what was changed here as well.
 * @param {Entry} base
 * @param {Entry} mine
 * @param {Entry} theirs
 * @returns {Entry}
 */
export function merged(base, mine, theirs) {
  const entry = { ...mine };
  for (const name of TEXTS) if (mine[name] === base[name]) entry[name] = theirs[name];
  for (const name of /** @type {const} */ (["modifiers", "allergens", "may_contain"])) {
    if (isSame(mine[name], base[name])) entry[name] = theirs[name];
  }
  const kept = mine.sizes.map((size) => {
    const before = base.sizes.find(({ id }) => id === size.id);
    const after = theirs.sizes.find(({ id }) => id === size.id);
    return isSame(size, before) && after ? after : size;
  });
  entry.sizes = isSame(mine.sizes, base.sizes) ? theirs.sizes : kept;
  return entry;
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
