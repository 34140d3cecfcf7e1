// An order that is made again: its customer follows the new one.

import { byId, el, fill, icon } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { forgetOrder } from "./my_orders.js";

/** @typedef {import("./order_view.js").Order} Order */

/** @param {Order} order */
const newest = ({ remade_as: id }) => `/o/${encodeURIComponent(id ?? "")}`;

/**
 * Goes to the page of the new order; the old one is no longer among the customer's.
 * @param {Order} order
 */
export function goOn(order) {
  forgetOrder(order.id);
  location.replace(newest(order));
}

/**
 * Says on the page of the old order what has become of it.
 * @param {Order} order
 */
export function sayRemade(order) {
  byId("note").hidden = false;
  const to = el("a", { href: newest(order) }, t("order.remade_to"));
  fill(byId("note"), el("div", { class: "banner" }, icon("cup"), el("p", {}, to)));
}
