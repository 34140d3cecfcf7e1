// Charts of figures over time. What a chart draws is also a table, for those who do not see it.

import { HEIGHT, shapes, svg, topOf } from "./chart_shapes.js";
import { el, fill } from "./dom.js";
import { t } from "./text.js";

/**
 * `values` has one for each of the labels; null where there is none. A `limit` is drawn across.
 * @typedef {{name: string, values: (number | null)[]}} Series
 * @typedef {{labels: string[], series: Series[], limit?: number}} ChartData
 * @typedef {{title: string, axis: string, write: (value: number) => string, kind?: "line" | "bar", isTime?: boolean}} Options
 */

/**
 * Makes an empty chart; `draw` shows data in place of those before. `axis` names the labels, `write`
 * writes a value, which is in seconds if it `isTime`. The legend has the values under the pointer, or
 * else the last ones.
 * @param {Options} options
 * @returns {{element: HTMLElement, draw: (data: ChartData) => void}}
 */
export function chart({ title, axis, write, kind = "line", isTime = false }) {
  /** @type {ChartData} */
  let data = { labels: [], series: [] };
  const plot = svg("svg", { role: "img", "aria-label": title, preserveAspectRatio: "none" });
  const [at, legend, scale, ends] = [
    el("span", { class: "at" }),
    el("p", { class: "legend" }),
    el("div", { class: "scale", "aria-hidden": "true" }),
    el("div", { class: "ends", "aria-hidden": "true" }),
  ];
  const table = el("table");
  const details = el(
    "details",
    {},
    el("summary", {}, t("chart.table")),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title }, table),
  );
  details.addEventListener("toggle", () => {
    if (details.open) fillTable(table, data, axis, write);
  });
  const element = el(
    "figure",
    { class: "chart" },
    el("figcaption", {}, title, at),
    legend,
    el("div", { class: "plot" }, scale, plot, ends),
    details,
  );
  const tell = (/** @type {number} */ one) => {
    fill(legend, legendOf(data, one, write));
    fill(at, data.labels[one] ?? "");
  };
  plot.addEventListener("pointermove", (event) => {
    const { left, width } = plot.getBoundingClientRect();
    const share = (event.clientX - left) / width;
    tell(Math.min(data.labels.length - 1, Math.floor(share * data.labels.length)));
  });
  plot.addEventListener("pointerleave", () => tell(data.labels.length - 1));
  const draw = (/** @type {ChartData} */ next) => {
    data = next;
    const top = topOf(data, isTime);
    plot.setAttribute("viewBox", `0 0 ${Math.max(1, data.labels.length)} ${HEIGHT}`);
    plot.replaceChildren(...shapes(data, top, kind));
    fill(
      scale,
      [top, top / 2, 0].map((value) => el("span", {}, write(value))),
    );
    const middle = data.labels[Math.floor(data.labels.length / 2)] ?? "";
    fill(
      ends,
      [data.labels[0] ?? "", middle, data.labels.at(-1) ?? ""].map((one) => el("span", {}, one)),
    );
    if (!plot.matches(":hover")) tell(data.labels.length - 1);
    if (details.open) fillTable(table, data, axis, write);
  };
  return { element, draw };
}

/**
 * @param {ChartData} data
 * @param {number} at
 * @param {(value: number) => string} write
 */
function legendOf({ series }, at, write) {
  return series.map(({ name, values }, one) => {
    const value = values[at] ?? null;
    return el(
      "span",
      {},
      el("i", { class: `s${one + 1}` }),
      `${name} `,
      el("b", {}, value === null ? "–" : write(value)),
    );
  });
}

/**
 * @param {HTMLTableElement} table
 * @param {ChartData} data
 * @param {string} axis
 * @param {(value: number) => string} write
 */
function fillTable(table, { labels, series }, axis, write) {
  const heading = (/** @type {string} */ text) => el("th", { scope: "col" }, text);
  const rows = labels.map((label, at) => {
    const cells = series.map(({ values }) => {
      const value = values[at] ?? null;
      return el("td", {}, value === null ? "–" : write(value));
    });
    return el("tr", {}, el("th", { scope: "row" }, label), cells);
  });
  const head = el("tr", {}, heading(axis), ...series.map(({ name }) => heading(name)));
  fill(table, el("thead", {}, head), el("tbody", {}, rows.reverse()));
}
