// The last orders of this device. Their ids are its keys to them.

import { stored } from "/assets/store.js";

/** @typedef {{id: string, number: string, at: number}} MyOrder */

const MOST = 5;
const KEPT_MS = 12 * 3_600_000;

/** @type {MyOrder[]} */
const NONE = [];

const orders = stored("orders", NONE, areOrders);

/** Lists the orders of the last hours, the newest first. */
export function myOrders() {
  return orders.get().filter(({ at }) => Date.now() - at < KEPT_MS);
}

/** @param {{id: string, number: string}} order */
export function rememberOrder({ id, number }) {
  const known = myOrders().find((order) => order.id === id);
  const others = myOrders().filter((order) => order.id !== id);
  orders.set([known ?? { id, number, at: Date.now() }, ...others].slice(0, MOST));
}

/** @param {string} id */
export function forgetOrder(id) {
  orders.set(orders.get().filter((order) => order.id !== id));
}

/**
 * @param {unknown} read
 * @returns {read is MyOrder[]}
 */
function areOrders(read) {
  return (
    Array.isArray(read) &&
    read.every(
      ({ id, number, at }) =>
        typeof id === "string" && typeof number === "string" && typeof at === "number",
    )
  );
}
