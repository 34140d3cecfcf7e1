// The page `/`: the menu, the cart, and how the shop is doing; all of it is looked up now and then.

import { byId, el, fill, icon } from "/assets/dom.js";
import { clockTime, day } from "/assets/format.js";
import { request, RequestError } from "/assets/http.js";
import { setHealth } from "/assets/live_status.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { cart, followMenu } from "./cart.js";
import { hasOther } from "./menu.js";
import { avoided, drawMenu, showCounts } from "./menu_list.js";
import { drawMyOrders } from "./my_orders_view.js";
import { waitText } from "./wait.js";

/** @typedef {import("./menu.js").Menu} Menu */
/** @typedef {{state: "open" | "paused" | "closed", reason: string | null, outside_hours: boolean, until: string | null, wait_seconds: {low: number, high: number}}} Shop */

const EVERY_MS = 15_000;

/** What no topic has events of; how looking it up goes is told as a connection's state. */
const menuAndShop = {};

/** @type {Menu | null} */
let menu = null;
let drawn = "";
/** @type {Promise<typeof import("./ordering.js")> | null} */
let ordering = null;

/**
 * Looks everything up, and shows what is new.
 * @returns {Promise<{menu: Menu, shop: Shop, isChanged: boolean} | null>} null when it cannot
 */
async function refresh() {
  try {
    const [read, shop] = await Promise.all([request("GET", "/menu"), request("GET", "/shop")]);
    const before = menu;
    menu = read;
    const isOther = cart.get().lines.some((line) => before && hasOther(before, read, line));
    const isChanged = followMenu(read) || isOther;
    await drawMyOrders();
    drawShop(shop);
    if (drawn !== JSON.stringify(read)) redraw();
    setHealth(menuAndShop, "live");
    return { menu: read, shop, isChanged };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    setHealth(menuAndShop, "stale");
    if (!menu) drawFailure();
    return null;
  }
}

function redraw() {
  if (!menu) return;
  drawn = JSON.stringify(menu);
  drawMenu(menu, (item) => void startOrdering().then(({ choose }) => choose(item)));
  showCounts();
  if (ordering || cart.get().lines.length) void startOrdering();
  byId("loading").hidden = true;
  byId("loading").removeAttribute("aria-busy");
  byId("loaded").hidden = false;
}

/** Loads what is needed from the first tap on, and shows the cart at the menu's prices. */
async function startOrdering() {
  ordering ??= import("./ordering.js").then((loaded) => {
    loaded.beginOrdering(refresh);
    return loaded;
  });
  const loaded = await ordering;
  if (menu) loaded.showCart(menu);
  return loaded;
}

/**
 * Says how the shop is doing; in the cart, too, where that is why it takes no order.
 * @param {Shop} shop
 */
function drawShop({ state, reason, outside_hours: isOutside, until, wait_seconds: { low, high } }) {
  const isOpen = state === "open";
  const wait = t("menu.ready", { wait: waitText(low, high) });
  for (const id of ["wait", "cart-shop"]) {
    byId(id).className = `banner ${isOpen ? "good" : "warn"}`;
    const strong = el("strong", {}, shopText(state, until));
    fill(
      byId(id),
      icon(state === "paused" ? "pause" : "clock"),
      el("p", {}, strong, " ", isOpen ? wait : !isOutside && reason && visible(reason)),
    );
  }
  byId("cart-shop").hidden = isOpen;
}

/**
 * @param {Shop["state"]} state
 * @param {string | null} until
 */
function shopText(state, until) {
  if (state === "open") return t("menu.open");
  if (!until) return state === "paused" ? t("menu.paused") : t("menu.closed");
  const [date, time] = [day(until), clockTime(until)];
  const isToday = date === day(new Date());
  const when = isToday ? time : t("menu.day_time", { day: date, time });
  if (state === "paused") return t("menu.paused_until", { when });
  return isToday ? t("menu.opens", { time }) : t("menu.opens_on", { day: date, time });
}

function drawFailure() {
  const again = { type: "button", class: "quiet", onclick: () => void refresh() };
  fill(
    byId("loading"),
    el(
      "div",
      { class: "empty bad" },
      icon("alert"),
      el("h2", {}, t("menu.unreadable")),
      el("p", {}, t("menu.unreadable_text")),
      el("button", again, t("menu.again")),
    ),
  );
  byId("loading").removeAttribute("aria-busy");
}

async function keepLooking() {
  if (!document.hidden) await refresh();
  setTimeout(() => void keepLooking(), EVERY_MS);
}

for (const name of ["pointerover", "focusin"]) {
  byId("menu").addEventListener(name, () => void startOrdering(), { once: true });
}
cart.follow(showCounts);
avoided.follow(redraw);
for (const name of ["online", "offline", "pageshow"]) {
  addEventListener(name, () => void refresh());
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void refresh();
});
void keepLooking();
if (location.hash === "#cart") void startOrdering().then(({ openCart }) => openCart());
