// The menu as a document, as `GET /menu/document` has it, and how it is changed: all of it pure.

/** @typedef {{name: string, price: number, allergens: string[], may_contain: string[], replaces: string[], group: string | null}} Extra */
/** @typedef {{name: string, description: string, category: string, prep_seconds: number, sizes: Record<string, number>, modifiers: string[], allergens: string[], may_contain: string[], notes: string, tax: string | null}} Item */
/** @typedef {{here: string, away: string}} TaxClass */
/** @typedef {{currency: string, tax: {classes: Record<string, TaxClass>} | null, sizes: Record<string, string>, modifiers: Record<string, Extra>, items: Record<string, Item>}} MenuDocument */
/** @typedef {(menu: MenuDocument) => MenuDocument} Change */

const LONGEST_ID = 40;

/**
 * Lists the categories in the order of their first items.
 * @param {MenuDocument} menu
 */
export function categoriesOf({ items }) {
  return [...new Set(Object.values(items).map(({ category }) => category))];
}

/**
 * Lists the groups of extras.
 * @param {MenuDocument} menu
 */
export function groupsOf({ modifiers }) {
  return [...new Set(Object.values(modifiers).flatMap(({ group }) => group ?? []))];
}

/**
 * Moves an item up (-1) or down (1) within its category.
 * @param {string} id
 * @param {number} by
 * @returns {Change}
 */
export function movedItem(id, by) {
  return (menu) => {
    const category = menu.items[id]?.category;
    const ids = Object.keys(menu.items);
    const near = ids.filter((one) => menu.items[one]?.category === category);
    const other = near[near.indexOf(id) + by];
    if (category === undefined || other === undefined) return menu;
    const swapped = ids.map((one) => (one === id ? other : one === other ? id : one));
    return { ...menu, items: inOrder(menu.items, swapped) };
  };
}

/**
 * Moves a category with its items up (-1) or down (1).
 * @param {string} category
 * @param {number} by
 * @returns {Change}
 */
export function movedCategory(category, by) {
  return (menu) => {
    const order = categoriesOf(menu);
    const at = order.indexOf(category);
    const other = order[at + by];
    if (at < 0 || other === undefined) return menu;
    order[at] = other;
    order[at + by] = category;
    const ids = order.flatMap((one) =>
      Object.keys(menu.items).filter((id) => menu.items[id]?.category === one),
    );
    return { ...menu, items: inOrder(menu.items, ids) };
  };
}

/**
 * Leaves an item out.
 * @param {string} id
 * @returns {Change}
 */
export function withoutItem(id) {
  return (menu) => ({ ...menu, items: without(menu.items, id) });
}

/**
 * Leaves an extra out, of items too.
 * @param {string} id
 * @returns {Change}
 */
export function withoutExtra(id) {
  return (menu) => ({
    ...menu,
    modifiers: without(menu.modifiers, id),
    items: Object.fromEntries(
      Object.entries(menu.items).map(([itemId, item]) => [
        itemId,
        { ...item, modifiers: item.modifiers.filter((one) => one !== id) },
      ]),
    ),
  });
}

/**
 * Lists the items that come in a size.
 * @param {MenuDocument} menu
 * @param {string} size
 */
export function itemsIn({ items }, size) {
  return Object.values(items).filter(({ sizes }) => Object.hasOwn(sizes, size));
}

/**
 * Makes an id that is not `taken` of a name. It never is a number, since objects put these first.
 * @param {string} name
 * @param {Record<string, unknown>} taken
 * @param {string} kind what an id is called that the name has no letters for
 */
export function newId(name, taken, kind) {
  const plain = plainId(name);
  const base = /[a-z]/.test(plain) ? plain : `${kind}${plain && `-${plain}`}`;
  for (let count = 1; ; count += 1) {
    const end = count > 1 ? `-${count}` : "";
    const id = `${base.slice(0, LONGEST_ID - end.length)}${end}`;
    if (!Object.hasOwn(taken, id)) return id;
  }
}

/**
 * Writes a name as ids are written: "Crème brûlée" is "creme-brulee". It may be empty.
 * @param {string} name
 */
export function plainId(name) {
  return name
    .toLowerCase()
    .replace(/[äöü]/g, (umlaut) => `${umlaut.normalize("NFD").charAt(0)}e`)
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, LONGEST_ID)
    .replace(/^-+|-+$/g, "");
}

/**
 * @template Value
 * @param {Record<string, Value>} entries
 * @param {string} id
 * @returns {Record<string, Value>}
 */
export function without(entries, id) {
  return Object.fromEntries(Object.entries(entries).filter(([one]) => one !== id));
}

/**
 * @template Value
 * @param {Record<string, Value>} entries
 * @param {string[]} ids
 * @returns {Record<string, Value>}
 */
function inOrder(entries, ids) {
  return Object.fromEntries(ids.map((id) => [id, /** @type {Value} */ (entries[id])]));
}
