// What a customer needs from the first tap on: the sheet of an item, the cart, and placing it.

import { byId } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { cart, MOST_LINES, put } from "./cart.js";
import { drawCart, placeCart } from "./cart_view.js";
import { preparePlacing } from "./checkout.js";
import { chooseLine, usualLine } from "./item_sheet.js";
import { contentsTexts, isPlain } from "./menu.js";

export { openCart } from "./cart_view.js";

/** @typedef {import("./menu.js").Menu} Menu */
/** @typedef {import("./menu.js").Item} Item */
/** @typedef {import("./checkout.js").Refresh} Refresh */

/** @type {Menu | null} */
let menu = null;

/**
 * Begins; once.
 * @param {Refresh} refresh looks the menu up again
 */
export function beginOrdering(refresh) {
  placeCart();
  preparePlacing(refresh);
  cart.follow(() => menu && showCart(menu));
}

/** @param {Menu} now */
export function showCart(now) {
  menu = now;
  drawCart(now, (index) => void edit(index));
}

/**
 * Puts an item into the cart: at once when there is nothing to choose.
 * @param {Item} item
 */
export async function choose(item) {
  if (!menu) return;
  const usual = usualLine(item);
  const line = isPlain(item) ? usual : await chooseLine(menu, item, usual, true);
  if (!line) return;
  if (!put(line)) toast(t("cart.full", { count: MOST_LINES }), { kind: "bad" });
  else {
    const added = t("cart.added", { name: visible(item.name) });
    byId("added").textContent = [added, ...contentsTexts(item, line.modifiers)].join(" ");
  }
}

/** @param {number} index */
async function edit(index) {
  const line = cart.get().lines[index];
  const item = menu?.items.find(({ id }) => id === line?.item);
  if (!menu || !line || !item) return;
  const changed = await chooseLine(menu, item, line, false);
  if (changed && cart.get().lines[index] === line && !put(changed, index)) {
    toast(t("cart.full", { count: MOST_LINES }), { kind: "bad" });
  }
}
