// The cart of this browser: kept through reloads, shared by its tabs, and compared with the menu.

import { stored } from "/assets/store.js";

/** @typedef {import("./menu.js").Menu} Menu */
/** @typedef {import("./menu.js").Serve} Serve */

/**
 * A line of the cart. `price` is that of one when the customer saw it last, and `was` the one
 * before, until the order is placed.
 * @typedef {{item: string, size: string, modifiers: string[], quantity: number, note: string, name: string, price: number | null, was: number | null}} Line
 */
/** @typedef {{customer_name: string, items: object[], serve?: Serve}} OrderBody */
/**
 * `key` is the Idempotency-Key of the order that this cart becomes, `sent` what was sent under it,
 * and `placing` when it was sent, until it is answered.
 * @typedef {{lines: Line[], serve: Serve | null, key: string | null, sent: OrderBody[], placing: number | null}} Cart
 */

export const MOST_LINES = 20;
export const MOST_OF_ONE = 20;

/** @type {Cart} */
const EMPTY = { lines: [], serve: null, key: null, sent: [], placing: null };

export const cart = stored("cart", EMPTY, isCart);
export const customerName = stored("name", "", (read) => typeof read === "string");

/**
 * Puts a line into the cart, in the place of the one at an index, or else with its like.
 * @param {Line} line
 * @param {number} [index]
 * @returns {boolean} whether there was room for it
 */
export function put(line, index) {
  const lines = [...cart.get().lines];
  if (index !== undefined) lines.splice(index, 1);
  const like = lines.findIndex((other) => isLike(other, line));
  const known = lines[like];
  const quantity = line.quantity + (known?.quantity ?? 0);
  if (quantity > MOST_OF_ONE || (!known && lines.length >= MOST_LINES)) return false;
  if (known) lines[like] = { ...line, quantity };
  else lines.splice(index ?? lines.length, 0, line);
  cart.set({ ...cart.get(), lines });
  return true;
}

/**
 * Changes how many of a line there are; none takes it out.
 * @param {number} index
 * @param {number} quantity
 */
export function setQuantity(index, quantity) {
  const lines = cart.get().lines.flatMap((line, at) => {
    if (at !== index) return [line];
    return quantity > 0 ? [{ ...line, quantity: Math.min(quantity, MOST_OF_ONE) }] : [];
  });
  cart.set({ ...cart.get(), lines });
}

/**
 * Takes over prices that have changed; the lines remember what they were.
 * @param {Menu} menu
 * @returns {boolean} whether there is something that the customer has not seen
 */
export function followMenu(menu) {
  let isChanged = false;
  const lines = cart.get().lines.map((line) => {
    const price = priceOf(menu, line);
    if (price === null || price === line.price) return line;
    if (line.price !== null) isChanged = true;
    return { ...line, price, was: line.price === null ? null : (line.was ?? line.price) };
  });
  if (lines.some((line, at) => line !== cart.get().lines[at])) cart.set({ ...cart.get(), lines });
  return isChanged;
}

/**
 * Returns the price of one, or null when the menu does not sell it now.
 * @param {Menu} menu
 * @param {Line} line
 */
export function priceOf(menu, line) {
  const item = menu.items.find(({ id }) => id === line.item);
  const size = item?.sizes.find(({ id }) => id === line.size);
  if (!item || item.sold_out || !size || size.sold_out) return null;
  let price = size.price;
  for (const id of line.modifiers) {
    const modifier = item.modifiers.find((one) => one.id === id);
    if (!modifier || modifier.sold_out) return null;
    price += modifier.price;
  }
  return price;
}

/**
 * Sums the cart up; `tax` is what comes on top of the prices.
 * @param {Menu} menu
 * @param {Serve} serve
 */
export function totals(menu, serve) {
  let sum = 0;
  let tax = 0;
  for (const line of cart.get().lines) {
    const price = (priceOf(menu, line) ?? 0) * line.quantity;
    const rate = menu.items.find(({ id }) => id === line.item)?.tax_rates[serve] ?? "0";
    sum += price;
    if (!menu.prices_include_tax) tax += Math.round((price * Number(rate)) / 100);
  }
  return { sum, tax, total: sum + tax };
}

/**
 * @param {Line} one
 * @param {Line} other
 */
function isLike(one, other) {
  const what = (/** @type {Line} */ { item, size, modifiers, note }) =>
    JSON.stringify([item, size, [...modifiers].sort(), note]);
  return what(one) === what(other);
}

/**
 * @param {unknown} read
 * @returns {read is Cart}
 */
function isCart(read) {
  const { lines, serve, key, sent, placing } = /** @type {Partial<Cart>} */ (read ?? {});
  return (
    Array.isArray(lines) &&
    lines.length <= MOST_LINES &&
    lines.every(isLine) &&
    (serve === null || serve === "here" || serve === "away") &&
    (key === null || typeof key === "string") &&
    (placing === null || typeof placing === "number") &&
    Array.isArray(sent)
  );
}

/** @param {Line} line */
function isLine({ item, size, modifiers, quantity, note, name, price, was }) {
  return (
    [item, size, note, name].every((text) => typeof text === "string") &&
    [price, was].every((amount) => amount === null || Number.isInteger(amount)) &&
    Array.isArray(modifiers) &&
    modifiers.every((id) => typeof id === "string") &&
    quantity >= 1 &&
    quantity <= MOST_OF_ONE
  );
}
