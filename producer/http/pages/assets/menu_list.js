// The menu as cards, by category, without what customers do not want to eat.

import { byId, el, fill, icon } from "/assets/dom.js";
import { price } from "/assets/format.js";
import { stored } from "/assets/store.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { allergenName } from "./allergens.js";
import { cart } from "./cart.js";
import { categoryName } from "./categories.js";
import {
  allergensOf,
  conflicts,
  contentsTexts,
  isPlain,
  substitutes,
  substituteText,
} from "./menu.js";

/** @typedef {import("./menu.js").Menu} Menu */
/** @typedef {import("./menu.js").Item} Item */

/** @type {string[]} */
const NOTHING = [];
const FIRST_PHOTOS = 6;

/** The allergens that this device's customer avoids. */
export const avoided = stored(
  "avoided",
  NOTHING,
  /** @returns {read is string[]} */ (read) =>
    Array.isArray(read) && read.every((id) => typeof id === "string"),
);

/**
 * Shows the menu; `choose` is called with the item that was tapped.
 * @param {Menu} menu
 * @param {(item: Item) => void} choose
 */
export function drawMenu(menu, choose) {
  const focused = document.activeElement?.id;
  const avoids = avoided.get();
  const items = menu.items.filter(
    (item) => !conflicts(item, [], avoids).length || substitutes(item, avoids).length,
  );
  const categories = [...new Set(items.map(({ category }) => category))];
  drawFilter(menu, menu.items.length - items.length);
  fill(
    byId("categories"),
    categories.map((id) => el("a", { href: `#${id}` }, visible(categoryName(id)))),
  );
  let drawn = 0;
  const section = (/** @type {string} */ id) => {
    const cards = items
      .filter(({ category }) => category === id)
      .map((item) => el("li", {}, card(menu, item, drawn++ < FIRST_PHOTOS, choose)));
    return el(
      "section",
      { "aria-labelledby": id },
      el("h2", { id }, visible(categoryName(id))),
      el("ul", { class: "grid menu" }, cards),
    );
  };
  const none = el(
    "div",
    { class: "empty" },
    icon("search"),
    el("h3", {}, t("menu.none")),
    el("p", {}, t("menu.none_text")),
  );
  fill(byId("menu"), categories.length ? categories.map(section) : none);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/** Shows on each card how many of it are in the cart. */
export function showCounts() {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { item, quantity } of cart.get().lines) {
    counts.set(item, quantity + (counts.get(item) ?? 0));
  }
  for (const badge of document.querySelectorAll("#menu [data-count]")) {
    const count = counts.get(badge.getAttribute("data-count") ?? "") ?? 0;
    badge.toggleAttribute("hidden", count === 0);
    badge.textContent = t("menu.in_cart", { count });
  }
}

/**
 * @param {Menu} menu
 * @param {Item} item
 * @param {boolean} isSeenFirst
 * @param {(item: Item) => void} choose
 */
function card(menu, item, isSeenFirst, choose) {
  const hint = substituteText(item, avoided.get());
  const extras = hint ? substitutes(item, avoided.get()).map((one) => one.price) : [0];
  const prices = item.sizes.flatMap((size) => extras.map((extra) => size.price + extra));
  const least = price(Math.min(...prices), menu.currency);
  const isOne = new Set(prices).size === 1;
  const remarks = [...contentsTexts(item, []), isPlain(item) && visible(item.notes)];
  return el(
    "button",
    {
      id: `item-${item.id}`,
      type: "button",
      class: "card item",
      disabled: item.sold_out,
      onclick: () => choose(item),
    },
    picture(item, isSeenFirst),
    el("strong", {}, visible(item.name)),
    item.description && el("span", { class: "quiet small" }, visible(item.description)),
    remarks.map((text) => text && el("span", { class: "quiet small" }, text)),
    hint && el("span", { class: "hint small" }, hint),
    el(
      "span",
      { class: "row" },
      el("strong", { class: "price" }, isOne ? least : t("menu.from", { price: least })),
      item.sold_out
        ? el("span", { class: "badge end" }, t("menu.sold_out"))
        : el("span", { class: "badge accent end", dataset: { count: item.id }, hidden: true }),
    ),
  );
}

/**
 * @param {Item} item
 * @param {boolean} isSeenFirst
 */
export function picture({ photo }, isSeenFirst) {
  if (!photo) return el("span", { class: "picture" }, icon("cup"));
  const { src, srcset, width, height, color } = photo;
  const image = el("img", {
    alt: "",
    width,
    height,
    loading: isSeenFirst ? "eager" : "lazy",
    decoding: "async",
    sizes: "(max-width: 40rem) 8rem, 20rem",
    srcset,
    src,
  });
  const frame = el("span", { class: "picture" }, image);
  frame.style.backgroundColor = color; // the policy forbids the placeholder's data: URL
  return frame;
}

/**
 * @param {Menu} menu
 * @param {number} hidden
 */
function drawFilter(menu, hidden) {
  const used = allergensOf(menu);
  const toggle = (/** @type {string} */ id) => () => {
    const avoids = avoided.get();
    avoided.set(avoids.includes(id) ? avoids.filter((one) => one !== id) : [...avoids, id]);
  };
  const chips = used.map((id) =>
    el(
      "label",
      { class: "chip" },
      el("input", {
        id: `avoid-${id}`,
        type: "checkbox",
        checked: avoided.get().includes(id),
        onchange: toggle(id),
      }),
      allergenName(id),
    ),
  );
  fill(byId("avoid"), chips);
  byId("filter").hidden = used.length === 0;
  byId("hidden-items").textContent = hidden ? t("menu.hidden", { count: hidden }) : "";
}
