// The orders of this device that are not over, above the menu.

import { byId, el, fill, icon } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";
import { forgetOrder, myOrders } from "./my_orders.js";

/** @typedef {{id: string, number: string, state: string}} Order */

/** @type {Record<string, string>} */
const TEXTS = { placed: "mine.placed", preparing: "mine.preparing", ready: "mine.ready" };

/** @type {Map<string, Order>} An order that was shown stays, so that nothing jumps when it is over. */
const shown = new Map();

/** Shows each with what becomes of it. */
export async function drawMyOrders() {
  for (const order of await Promise.all(myOrders().map(read))) {
    if (order && (order.state in TEXTS || shown.has(order.id))) shown.set(order.id, order);
  }
  fill(byId("my-orders"), [...shown.values()].map(banner));
}

/** @param {Order} order */
function banner({ id, number, state }) {
  const isReady = state === "ready";
  return el(
    "div",
    { class: isReady ? "banner good" : "banner" },
    icon(isReady ? "check" : "cup"),
    el("p", {}, t(TEXTS[state] ?? "mine.over", { number })),
    el("a", { class: "quiet", href: `/o/${encodeURIComponent(id)}` }, t("mine.see")),
  );
}

/**
 * @param {{id: string}} order
 * @returns {Promise<Order | null>}
 */
async function read({ id }) {
  try {
    return await request("GET", `/orders/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) forgetOrder(id);
    return null;
  }
}
