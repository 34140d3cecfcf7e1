// The cart: a column beside the menu on wide screens, a sheet on narrow ones.

import { shown } from "/assets/dialog.js";
import { byId, el, fill } from "/assets/dom.js";
import { price } from "/assets/format.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { cart, MOST_OF_ONE, priceOf, setQuantity, totals } from "./cart.js";
import { stepButton } from "./item_sheet.js";
import { asksWhere, conflicts, contentsTexts } from "./menu.js";
import { avoided } from "./menu_list.js";

/** @typedef {import("./menu.js").Menu} Menu */
/** @typedef {import("./menu.js").Serve} Serve */
/** @typedef {import("./cart.js").Line} Line */

const WIDE = matchMedia("(min-width: 60rem)");

/** Puts the cart where there is room for it, now and when the window changes. */
export function placeCart() {
  const sheet = byId("cart-sheet", HTMLDialogElement);
  const move = () => {
    if (WIDE.matches) sheet.close();
    (WIDE.matches ? byId("cart-column") : sheet).append(byId("cart"));
  };
  WIDE.addEventListener("change", move);
  move();
  byId("cart-bar").addEventListener("click", openCart);
  byId("close-cart").addEventListener("click", () => sheet.close());
}

/** Shows the cart, where it is not seen always; who has no name yet can type it at once. */
export function openCart() {
  const sheet = byId("cart-sheet", HTMLDialogElement);
  const name = byId("name", HTMLInputElement);
  if (WIDE.matches || sheet.open) return;
  void shown(sheet);
  if (!name.value) name.focus();
}

/**
 * Draws the cart at the menu's prices; `edit` is called with the index of a line.
 * @param {Menu} menu
 * @param {(index: number) => void} edit
 */
export function drawCart(menu, edit) {
  const focused = document.activeElement?.id;
  const { lines } = cart.get();
  const { sum, tax, total } = totals(menu, chosenServe(menu));
  const count = lines.reduce((all, { quantity }) => all + quantity, 0);
  const money = (/** @type {number} */ amount) => price(amount, menu.currency);
  const missing = lines.filter((line) => priceOf(menu, line) === null).length;

  byId("cart-empty").hidden = lines.length > 0;
  byId("cart-form").hidden = lines.length === 0;
  fill(
    byId("cart-lines"),
    lines.map((line, index) => row(menu, line, index, edit)),
  );
  byId("where").hidden = !asksWhere(menu);
  for (const value of /** @type {const} */ (["here", "away"])) {
    byId(value, HTMLInputElement).checked = chosenServe(menu) === value;
  }
  fill(
    byId("cart-sum"),
    tax > 0 && [el("dt", {}, t("cart.sum")), el("dd", {}, money(sum))],
    tax > 0 && [el("dt", {}, t("cart.tax")), el("dd", {}, money(tax))],
    el("dt", { class: "total" }, t("cart.total")),
    el("dd", { class: "total" }, money(total)),
  );
  byId("cart-missing").textContent = missing ? t("cart.missing", { count: missing }) : "";
  byId("cart-bar").hidden = lines.length === 0;
  fill(
    byId("cart-bar"),
    el("span", {}, t("cart.open", { count })),
    el("span", { class: "end" }, money(total)),
  );
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/**
 * Where it will be eaten: what the customer said, or what the shop takes it for.
 * @param {Menu} menu
 * @returns {Serve}
 */
export function chosenServe(menu) {
  return cart.get().serve ?? menu.serve ?? "away";
}

/**
 * @param {Menu} menu
 * @param {Line} line
 * @param {number} index
 * @param {(index: number) => void} edit
 */
function row(menu, line, index, edit) {
  const item = menu.items.find(({ id }) => id === line.item);
  const size = item?.sizes.find(({ id }) => id === line.size);
  const extras = line.modifiers.map(
    (id) => item?.modifiers.find((one) => one.id === id)?.name ?? id,
  );
  const how = [item && item.sizes.length < 2 ? "" : (size?.name ?? line.size), ...extras, line.note]
    .filter(Boolean)
    .join(", ");
  const now = priceOf(menu, line);
  const name = visible(item?.name ?? line.name);
  const step = (/** @type {number} */ by) => () => change(line, index, by);
  return el(
    "li",
    { class: now === null ? "gone" : null },
    el(
      "button",
      {
        id: `edit-${index}`,
        type: "button",
        class: "line",
        disabled: !item,
        "aria-label": t("cart.edit", { name }),
        onclick: () => edit(index),
      },
      el("strong", {}, name),
      how && el("span", { class: "quiet small" }, visible(how)),
      item && contained(item, line),
      now !== null && line.was !== null && changed(line.was, now, menu.currency),
      now === null && el("span", { class: "badge bad" }, t("menu.sold_out")),
    ),
    el(
      "span",
      { class: "stepper", role: "group", "aria-label": t("cart.how_many", { name }) },
      stepButton(
        line.quantity > 1 ? "minus" : "close",
        line.quantity > 1 ? t("menu.fewer") : t("cart.remove", { name }),
        step(-1),
        `fewer-${index}`,
      ),
      el("output", {}, line.quantity),
      stepButton("plus", t("menu.more"), step(1), `more-${index}`),
    ),
    el("span", { class: "end" }, now === null ? "–" : price(now * line.quantity, menu.currency)),
  );
}

/**
 * @param {import("./menu.js").Item} item
 * @param {Line} line
 */
function contained(item, { modifiers: ids }) {
  const texts = contentsTexts(item, ids);
  const isAvoided = conflicts(item, ids, avoided.get()).length > 0;
  return texts.map((text) => el("span", { class: isAvoided ? "badge warn" : "quiet small" }, text));
}

/**
 * @param {number} was
 * @param {number} now
 * @param {string} currency
 */
function changed(was, now, currency) {
  const text = t("cart.changed", { was: price(was, currency), now: price(now, currency) });
  return el("span", { class: "badge warn" }, text);
}

/**
 * @param {Line} line
 * @param {number} index
 * @param {number} by
 */
function change(line, index, by) {
  const before = cart.get().lines;
  if (line.quantity + by > MOST_OF_ONE) toast(t("cart.most", { count: MOST_OF_ONE }));
  setQuantity(index, line.quantity + by);
  if (line.quantity + by > 0) return;
  const run = () => cart.set({ ...cart.get(), lines: before });
  toast(t("cart.removed", { name: visible(line.name) }), {
    action: { label: t("cart.undo"), run },
  });
}
