// Makes the parts of the page `/design` work.

import { chart } from "/assets/chart.js";
import { ask, shown } from "/assets/dialog.js";
import { byId } from "/assets/dom.js";
import { clockTime, day, duration, fromNow, price } from "/assets/format.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";

const MINUTES_MS = 60_000;

for (const element of document.querySelectorAll("[data-price]")) {
  element.textContent = price(Number(element.getAttribute("data-price")), "EUR");
}

const now = new Date();
const soon = new Date(now.getTime() + 4 * MINUTES_MS);
byId("formats").textContent = `${day(now)}, ${clockTime(now)} · ${fromNow(soon, now)}`;
byId("orders").textContent = t("design.orders", { count: 1204 });

const minutes = Array.from({ length: 60 }, (_, at) => at);
const labels = minutes.map((at) => clockTime(new Date(now.getTime() - (60 - at) * MINUTES_MS)));
const wave = (/** @type {number} */ at) => 3 + 2 * Math.sin(at / 7);
const orders = chart({
  title: t("design.orders_a_minute"),
  axis: t("design.when"),
  write: String,
  kind: "bar",
});
orders.draw({
  labels,
  series: [{ name: t("design.ready"), values: minutes.map((at) => Math.round(wave(at))) }],
});
const waits = chart({
  title: t("design.estimate"),
  axis: t("design.when"),
  write: duration,
  isTime: true,
});
waits.draw({
  labels,
  series: [
    { name: t("design.preparing"), values: minutes.map((at) => (at < 9 ? null : wave(at) * 30)) },
    { name: t("design.late"), values: minutes.map((at) => (at < 9 ? null : wave(at) * 50)) },
  ],
  limit: 180,
});
byId("charts").append(orders.element, waits.element);

const quantity = byId("quantity");
let count = 2;
const step = (/** @type {number} */ by) => {
  count = Math.max(0, count + by);
  quantity.textContent = String(count);
};
byId("more").addEventListener("click", () => step(1));
byId("fewer").addEventListener("click", () => step(-1));

byId("ask").addEventListener("click", () => {
  void ask({
    title: t("design.ask_title"),
    text: t("design.ask_text"),
    yes: t("design.ask_yes"),
    no: t("design.ask_no"),
    isDanger: true,
  });
});
byId("open-sheet").addEventListener("click", () => void shown(byId("sheet", HTMLDialogElement)));
byId("show-toast").addEventListener("click", () => {
  const undo = { label: t("design.undo"), run: () => toast(t("design.undone")) };
  toast(t("design.toast_text"), { kind: "good", action: undo, ms: 10_000 });
});
byId("show-failure").addEventListener("click", () => {
  toast(t("design.toast_bad_text"), { kind: "bad" });
});
