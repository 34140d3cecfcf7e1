// An order as its customer sees it.

import { byId, el, fill, icon } from "/assets/dom.js";
import { clockTime, price } from "/assets/format.js";
import { shared, t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { waitText } from "./wait.js";

/** @typedef {"placed" | "preparing" | "ready" | "collected" | "canceled" | "expired" | "failed"} State */
/** @typedef {{item: string, name: string, size: string, modifiers: string[], quantity: number, note: string | null, total: number}} Line */
/** @typedef {{rate: string, net: number, tax: number, gross: number}} Tax */
/** @typedef {{id: string, number: string, version: number, state: State, customer_name: string, items: Line[], currency: string, total: number, tax: number, taxes: Tax[], serve: "here" | "away" | null, timeline: {state: State, at: string}[], estimate: {low_seconds: number, high_seconds: number} | null, cancel_reason: string | null, remake_of: string | null, remade_as: string | null}} Order */

/** @type {Record<State, string>} */
const STATES = {
  placed: "order.placed",
  preparing: "order.preparing",
  ready: "order.ready",
  collected: "order.collected",
  canceled: "order.canceled",
  expired: "order.expired",
  failed: "order.failed",
};
/** @type {Record<State, string>} */
const PAST = {
  placed: "order.was_placed",
  preparing: "order.was_preparing",
  ready: "order.was_ready",
  collected: "order.was_collected",
  canceled: "order.was_canceled",
  expired: "order.was_expired",
  failed: "order.was_failed",
};
/** @type {Partial<Record<State, string>>} */
const NOTES = {
  ready: "order.note_ready",
  collected: "order.note_collected",
  canceled: "order.why_canceled",
  expired: "order.why_expired",
  failed: "order.why_failed",
};
/** @type {State[]} */
const STEPS = ["placed", "preparing", "ready"];

/** @param {Order} order */
export function isWaiting({ state }) {
  return state === "placed" || state === "preparing";
}

/** @param {Order} order */
export function drawOrder(order) {
  const { state } = order;
  byId("loading").hidden = true;
  byId("loading").removeAttribute("aria-busy");
  byId("loaded").hidden = false;
  const now = document.querySelector(".now");
  now?.classList.toggle("ready", state === "ready");
  now?.classList.toggle("over", !isWaiting(order) && state !== "ready");
  set("state", t(order.remade_as === null ? STATES[state] : "order.remade"));
  set("expect", expected(order));
  drawSteps(order);
  drawNote(order);
  byId("while-waiting").hidden = !isWaiting(order);
  byId("cancel").classList.toggle("late", state !== "placed");
  drawLines(order);
  drawTimeline(order);
}

/**
 * Sets a text that is announced when it changes, only when it does.
 * @param {string} id
 * @param {string} text
 */
function set(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

/** @param {Order} order */
function expected({ state, estimate, customer_name: name, remade_as: remake }) {
  if (remake !== null) return "";
  if (state === "ready") return t("order.come", { name: visible(name) });
  if (state === "collected") return t("order.enjoy");
  if (!estimate || (state !== "placed" && state !== "preparing")) return "";
  if (estimate.high_seconds <= 0) return t("order.any_moment");
  return t("order.expect", { wait: waitText(estimate.low_seconds, estimate.high_seconds) });
}

/** @param {Order} order */
function drawSteps({ state }) {
  const at = state === "collected" ? STEPS.length : STEPS.indexOf(state);
  const steps = STEPS.map((step, index) =>
    el(
      "li",
      {
        class: index < at || (state === "ready" && index === at) ? "done" : null,
        "aria-current": index === at ? "step" : null,
      },
      t(STATES[step]),
    ),
  );
  byId("steps").hidden = at < 0;
  fill(byId("steps"), steps);
}

/**
 * Says what the state means for the customer, and why it is so.
 * @param {Order} order
 */
function drawNote({ state, cancel_reason: reason, remade_as: remake }) {
  if (remake !== null) return;
  const key = NOTES[state];
  byId("note").hidden = !key;
  if (!key) return;
  const isGood = state === "ready" || state === "collected";
  const said = reason && el("strong", {}, t("order.reason", { reason: visible(reason) }));
  fill(
    byId("note"),
    el(
      "div",
      { class: isGood ? "banner good" : "banner warn" },
      icon(isGood ? "check" : "alert"),
      el("p", {}, said, said && " ", t(key)),
    ),
  );
}

/** @param {Order} order */
function drawLines({ items, currency, total, taxes, serve }) {
  const money = (/** @type {number} */ amount) => price(amount, currency);
  const choices = /** @type {string[]} */ (shared["choices"]);
  const rows = items.map((line, index) => {
    const note = line.note && `“${line.note}”`;
    return el(
      "li",
      {},
      el("strong", {}, `${line.quantity} × ${visible(line.name)}`),
      el("span", { class: "end" }, money(line.total)),
      el(
        "span",
        { class: "quiet small how" },
        visible([choices[index], note].filter(Boolean).join(", ")),
      ),
    );
  });
  fill(byId("lines"), rows);
  const taxed = taxes.filter(({ tax }) => tax > 0);
  fill(
    byId("sum"),
    el("dt", { class: "total" }, t("order.total")),
    el("dd", { class: "total" }, money(total)),
    taxed.flatMap(({ rate, tax }) => [
      el("dt", { class: "small" }, t("order.tax", { rate })),
      el("dd", { class: "small" }, money(tax)),
    ]),
    serve && el("dt", { class: "small" }, serve === "here" ? t("order.here") : t("order.away")),
  );
}

/** @param {Order} order */
function drawTimeline({ timeline }) {
  const entries = timeline.map(({ state, at }, index) => {
    const isBack = state === "placed" && index > 0;
    const text = isBack ? t("order.was_back") : t(PAST[state]);
    return el("li", {}, el("time", { datetime: at }, clockTime(at)), text);
  });
  fill(byId("timeline"), entries);
}
