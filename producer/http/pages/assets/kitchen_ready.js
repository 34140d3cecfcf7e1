// The sheet of what is ready: what waits to be collected, and the last ones, to be made again.

import { el, fill } from "/assets/dom.js";
import { clockTime, duration } from "/assets/format.js";
import { newKey, request } from "/assets/http.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { isUncollected } from "./kitchen_head.js";
import { sheet, trying } from "./kitchen_sheets.js";
import { readyOrders } from "./kitchen_state.js";
import { movedOn, tap, tapped, taps } from "./taps.js";

/** @typedef {{id: string, number: string, attempt: number, customer_name: string, ready_at: string, collected_at: string}} Order */
/** @typedef {() => Promise<unknown>} Load */
/** @typedef {(tap: import("./taps.js").Tap) => void} Undo */

/**
 * @param {() => void} changed
 * @param {Undo} undo
 * @returns {Promise<void>}
 */
export async function readySheet(changed, undo) {
  const list = el("ul", { class: "rows", "aria-busy": "true" });
  const past = el("ul", { class: "rows" });
  const before = el("h3", { hidden: true }, t("kitchen.collected"));
  const more = el("p", { class: "quiet", hidden: true }, t("kitchen.more_ready"));
  /** @type {ReadyRow[]} */
  let rows = [];
  const load = inOrder(read, ([waiting, gone]) => {
    const known = new Map(rows.map((row) => [row.order.id, row]));
    const over = movedOn("collect");
    const orders = waiting.orders.filter(({ id }) => !over.has(id));
    rows = orders.map(
      (order) => known.get(order.id) ?? new ReadyRow(/** @type {Order} */ (order), load, undo),
    );
    const elements = rows.map(({ element }) => element);
    fill(list, elements.length ? elements : el("li", {}, t("kitchen.no_ready")));
    more.hidden = !waiting.isMore;
    fill(
      past,
      gone.orders.map((/** @type {Order} */ order) => pastRow(order, load)),
    );
    before.hidden = gone.orders.length === 0;
    list.removeAttribute("aria-busy");
    changed();
  });
  const rowOf = (/** @type {string} */ wanted) =>
    rows.find(({ order: { number } }) => plain(number) === plain(wanted));
  const byNumber = numberForm(async (wanted) => {
    if (!rowOf(wanted) && !(await trying(load))) return false; // not read yet, or ready since then
    const row = rowOf(wanted);
    const number = visible(row?.order.number ?? wanted);
    if (row) tap(row.order, "collect");
    toast(t(row ? "kitchen.held_collected" : "kitchen.not_ready", { number }), {
      kind: row ? "good" : "bad",
    });
    return true;
  });
  let held = tapped("collect");
  const unfollow = taps.follow(() => {
    for (const row of rows) row.draw();
    const now = tapped("collect");
    if ([...held].some((id) => !now.has(id))) void trying(load); // sent, or taken back
    held = now;
  });
  const timer = setInterval(() => {
    for (const row of rows) row.tick();
  }, 1000);
  const { done } = sheet(t("kitchen.ready"), byNumber, list, more, before, past);
  if (document.activeElement?.matches(":focus-visible"))
    document.getElementById("collect-number")?.focus(); // by keyboard
  void trying(load);
  await done.finally(() => {
    clearInterval(timer);
    unfollow();
  });
}

function read() {
  return Promise.all([readyOrders(), request("GET", "/orders?state=collected&limit=8")]);
}

/**
 * Returns what reads and shows; an answer that comes after that of a later question is dropped.
 * @template Answer
 * @param {() => Promise<Answer>} ask
 * @param {(answer: Answer) => void} show
 * @returns {Load}
 */
function inOrder(ask, show) {
  let [asked, shown] = [0, 0];
  return async () => {
    const at = ++asked;
    const answer = await ask();
    if (at < shown) return;
    shown = at;
    show(answer);
  };
}

/** @param {(number: string) => Promise<boolean>} collectNumber returns whether that was known */
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
  form.onsubmit = async (event) => {
    event.preventDefault();
    const number = box.value;
    box.value = "";
    box.focus();
    const isOver = !number.trim() || (await collectNumber(number));
    if (!isOver && !box.value) box.value = number;
  };
  return form;
}

/** @param {Order} order */
async function call({ id, number }) {
  if (await trying(() => request("POST", `/orders/${id}/call`)))
    toast(t("kitchen.called", { number: visible(number) }), { kind: "good" });
}

/** An order that waits to be collected; for ten seconds after it was, that can be taken back. */
class ReadyRow {
  #age = el("span", { class: "badge end" });
  #actions = el("span", { class: "row end" });
  #isHeld = false;

  /**
   * @param {Order} order
   * @param {Load} load
   * @param {Undo} undo
   */
  constructor(order, load, undo) {
    this.order = order;
    this.load = load;
    this.undo = undo;
    this.element = el("li", {}, ...who(order), this.#age, this.#actions);
    this.#fill();
    this.tick();
  }

  tick() {
    const { ready_at: ready } = this.order;
    this.#age.textContent = duration((Date.now() - Date.parse(ready)) / 1000);
    this.#age.classList.toggle("bad", isUncollected(ready));
  }

  draw() {
    if (movedOn("collect").has(this.order.id)) this.element.remove();
    if (this.#isHeld === tapped("collect").has(this.order.id)) return;
    this.#isHeld = !this.#isHeld;
    const hasFocus = this.element.contains(document.activeElement);
    this.#fill();
    const button = this.#actions.lastElementChild;
    if (hasFocus && button instanceof HTMLElement) button.focus();
  }

  #fill() {
    const { order } = this;
    const button = (
      /** @type {string} */ kind,
      /** @type {string} */ text,
      /** @type {() => void} */ onclick,
    ) => el("button", { class: kind, onclick }, text);
    const held = taps.get().find(({ id, deed }) => id === order.id && deed === "collect");
    this.#isHeld = held !== undefined;
    this.element.classList.toggle("held", this.#isHeld);
    fill(
      this.#actions,
      held
        ? [
            el("b", {}, t("kitchen.collect")),
            button("quiet", t("kitchen.undo"), () => this.undo(held)),
          ]
        : [
            button("quiet", t("kitchen.call"), () => void call(order)),
            again(order, this.load),
            button("primary", t("kitchen.collect"), () => tap(order, "collect")),
          ],
    );
  }
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
