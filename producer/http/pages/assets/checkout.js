// The foot of the cart: name, where, and the button that places the order.

import { byId, el, fill } from "/assets/dom.js";
import { RequestError } from "/assets/http.js";
import { sayWhenLate } from "/assets/late.js";
import { t } from "/assets/text.js";
import { cart, customerName, priceOf } from "./cart.js";
import { chosenServe, openCart } from "./cart_view.js";
import { asksWhere } from "./menu.js";
import { interrupted, keepTrying, place, TRIED_MS } from "./placing.js";

/** @typedef {import("./cart.js").OrderBody} OrderBody */
/** @typedef {import("./menu.js").Menu} Menu */
/** @typedef {() => Promise<{menu: Menu, shop: {state: string}, isChanged: boolean} | null>} Refresh */

let isPlacing = false;

/**
 * Lets the customer place the order; `refresh` looks the menu up before.
 * @param {Refresh} refresh
 */
export function preparePlacing(refresh) {
  const name = byId("name", HTMLInputElement);
  name.value = customerName.get();
  name.addEventListener("input", () => name.removeAttribute("aria-invalid"));
  for (const value of /** @type {const} */ (["here", "away"])) {
    byId(value).addEventListener("change", () => cart.set({ ...cart.get(), serve: value }));
  }
  cart.follow(() => isPlacing || say("")); // what was said is about the cart as it was
  byId("cart-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (isNamed()) void busy((signal) => checked(refresh, signal));
  });
  const body = interrupted();
  if (body) {
    openCart();
    void busy((signal) => send(body, signal));
  }
}

/** Says what is missing, and returns whether there is a name. */
function isNamed() {
  const name = byId("name", HTMLInputElement);
  const typed = name.value.trim();
  if (typed) customerName.set(typed);
  else {
    name.setAttribute("aria-invalid", "true");
    name.focus();
    say(t("cart.no_name"));
  }
  return Boolean(typed);
}

/**
 * Looks the menu up once more: what the customer has not seen is shown before it is ordered.
 * @param {Refresh} refresh
 * @param {AbortSignal} signal
 */
async function checked(refresh, signal) {
  const now = await refresh();
  const isGone = now && cart.get().lines.some((line) => priceOf(now.menu, line) === null);
  if (!now && !navigator.onLine) {
    throw new RequestError({ status: 0, title: t("problem.offline") });
  } else if (now?.isChanged) say(t("cart.changed_meanwhile"));
  else if (isGone) say(t("cart.sold_out_meanwhile"));
  else await send(orderBody(customerName.get(), now?.menu), signal);
}

/**
 * @param {OrderBody} body
 * @param {AbortSignal} signal
 */
async function send(body, signal) {
  const { order, isEarlier } = await place(body, signal);
  if (isEarlier) {
    say(t("cart.earlier", { number: order.number }), order.id);
    return;
  }
  location.assign(`/o/${encodeURIComponent(order.id)}`);
  await new Promise(() => {}); // busy until this page has gone
}

/** @param {(signal: AbortSignal) => Promise<unknown>} run */
async function busy(run) {
  if (isPlacing) return;
  isPlacing = true;
  const button = byId("place");
  const label = button.textContent;
  button.textContent = t("cart.placing");
  button.setAttribute("aria-busy", "true");
  say("");
  const stopping = new AbortController();
  const answered = sayWhenLate((text) => sayWaiting(text, () => stopping.abort()));
  try {
    await keepTrying(run, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) say(t("cart.stopped"));
    else if (error instanceof RequestError) say(words(error));
    else throw error;
  } finally {
    answered();
    button.textContent = label;
    button.removeAttribute("aria-busy");
    isPlacing = false;
  }
}

/**
 * @param {string} text
 * @param {() => void} stop
 */
function sayWaiting(text, stop) {
  say(`${text} ${t("cart.waits", { count: TRIED_MS / 60_000 })}`);
  const button = el("button", { type: "button", class: "quiet", onclick: stop }, t("cart.stop"));
  byId("cart-problem").append(button);
}

/**
 * @param {string} text
 * @param {string} [orderId]
 */
function say(text, orderId) {
  const problem = byId("cart-problem");
  problem.hidden = !text;
  const link = orderId && el("a", { href: `/o/${encodeURIComponent(orderId)}` }, t("cart.see"));
  fill(problem, el("p", {}, text, link && " ", link));
}

/**
 * @param {string} name
 * @param {Menu | undefined} menu
 * @returns {OrderBody}
 */
function orderBody(name, menu) {
  const items = cart.get().lines.map(({ item, size, modifiers, quantity, note }) => ({
    item,
    size,
    modifiers,
    quantity,
    ...(note ? { note } : {}),
  }));
  const isTold = menu && asksWhere(menu);
  return { customer_name: name, items, ...(isTold ? { serve: chosenServe(menu) } : {}) };
}

/** @param {RequestError} error */
function words({ status, kind, title, errors, retryAfter }) {
  if (kind === "shop-closed") return t("cart.closed");
  if (kind === "not-on-the-menu") return t("cart.sold_out_meanwhile");
  if (errors.some(({ pointer }) => pointer.endsWith("/customer_name"))) return t("cart.bad_name");
  if (errors.some(({ pointer }) => pointer.endsWith("/note"))) return t("cart.bad_note");
  if (status === 429 || status === 503) {
    const count = Math.ceil(retryAfter ?? 5);
    const later = t("cart.later", { count });
    return `${status === 429 ? t("cart.too_many") : t("cart.busy")} ${later}`;
  }
  if (status === 0 || status >= 500) return `${title} ${t("cart.once")}`;
  return t("cart.refused");
}
