// The sheet of what is ready: what waits to be collected, and the last ones, to be made again.

import { el, fill } from "/assets/dom.js";
import { clockTime, duration } from "/assets/format.js";
import { newKey, request } from "/assets/http.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { isUncollected } from "./kitchen_head.js";
import { sheet, trying } from "./kitchen_sheets.js";

/** @typedef {{id: string, number: string, customer_name: string, ready_at: string, collected_at: string}} Order */
/** @typedef {() => Promise<unknown>} Load */

/**
 * @param {() => void} changed
 * @returns {Promise<void>}
 */
export async function readySheet(changed) {
  const list = el("ul", { class: "rows", "aria-busy": "true" });
  const past = el("ul", { class: "rows" });
  const before = el("h3", { hidden: true }, t("kitchen.collected"));
  /** @type {Order[]} */
  let ready = [];
  const load = async () => {
    const [waiting, gone] = await Promise.all([
      request("GET", "/orders?state=ready&limit=100"),
      request("GET", "/orders?state=collected&limit=8"),
    ]);
    ready = waiting.orders.toReversed();
    const rows = ready.map((order) => readyRow(order, load));
    fill(list, ready.length ? rows : el("li", {}, t("kitchen.no_ready")));
    fill(
      past,
      gone.orders.map((/** @type {Order} */ order) => pastRow(order, load)),
    );
    before.hidden = gone.orders.length === 0;
    list.removeAttribute("aria-busy");
    changed();
  };
  const byNumber = numberForm((wanted) => {
    const order = ready.find(({ number }) => plain(number) === plain(wanted));
    if (order) void collect(order, load);
    else toast(t("kitchen.not_ready", { number: visible(wanted) }), { kind: "bad" });
  });
  const { done } = sheet(t("kitchen.ready"), byNumber, list, before, past);
  if (document.activeElement?.matches(":focus-visible"))
    document.getElementById("collect-number")?.focus(); // by keyboard
  void trying(load);
  await done;
}

/** @param {(number: string) => void} collectNumber */
function numberForm(collectNumber) {
  const box = el("input", {
    id: "collect-number",
    autocomplete: "off",
    autocapitalize: "characters",
    enterkeyhint: "done",
  });
  const form = el(
    "form",
    { class: "row" },
    el("label", { for: "collect-number" }, t("kitchen.collect_number")),
    box,
    el("button", { class: "primary" }, t("kitchen.collect")),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    if (box.value.trim()) collectNumber(box.value);
    box.value = "";
    box.focus();
  };
  return form;
}

/**
 * @param {Order} order
 * @param {Load} load
 */
async function collect({ id }, load) {
  await trying(() => request("POST", `/orders/${id}/collect`));
  await trying(load);
}

/**
 * @param {Order} order
 * @param {Load} load
 */
function readyRow(order, load) {
  const age = duration((Date.now() - Date.parse(order.ready_at)) / 1000);
  return el(
    "li",
    {},
    ...who(order),
    el("span", { class: isUncollected(order.ready_at) ? "badge bad end" : "badge end" }, age),
    again(order, load),
    el("button", { class: "primary", onclick: () => collect(order, load) }, t("kitchen.collect")),
  );
}

/**
 * @param {Order} order
 * @param {Load} load
 */
function pastRow(order, load) {
  const time = el("span", { class: "end quiet" }, clockTime(order.collected_at));
  return el("li", {}, ...who(order), time, again(order, load));
}

/** @param {Order} order */
function who({ number, customer_name: name }) {
  return [el("strong", { class: "order-number" }, visible(number)), el("span", {}, visible(name))];
}

/**
 * @param {Order} order
 * @param {Load} load
 */
function again({ id, number }, load) {
  const key = newKey();
  const remake = async () => {
    await trying(async () => {
      const remade = await request("POST", `/orders/${id}/remake`, { key });
      const numbers = { new: visible(remade.number), number: visible(number) };
      toast(t("kitchen.remade", numbers), { kind: "good", ms: 12_000 });
    });
    await trying(load);
  };
  return el("button", { class: "quiet", onclick: remake }, t("kitchen.make_again"));
}

/** @param {string} number */
function plain(number) {
  const written = number.replaceAll(/[\s-]/g, "").toUpperCase();
  return written.replace(/^0+(?=\d)/, ""); // 3 is 003
}
