// The last hour in three charts.

import { chart } from "/assets/chart.js";
import { el } from "/assets/dom.js";
import { clockTime, duration } from "/assets/format.js";
import { language, t } from "/assets/text.js";

/** @typedef {import("./operations_page.js").Hour} Hour */
/** @typedef {import("./operations_page.js").Spread} Spread */

const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const MINUTE = 60;

/**
 * Makes the charts; the function that it returns draws an hour.
 * @param {HTMLElement} place
 * @returns {(hour: Hour) => void}
 */
export function hourCharts(place) {
  const axis = t("running.minute");
  const throughput = chart({
    title: t("running.throughput"),
    axis,
    write: (value) => number.format(value),
    kind: "bar",
  });
  const wait = chart({ title: t("running.wait"), axis, write: written, isTime: true });
  const prep = chart({ title: t("running.prep"), axis, write: written, isTime: true });
  place.append(
    ...[throughput, wait, prep].map(({ element }) => el("div", { class: "card" }, element)),
  );
  return ({ minutes }) => {
    const labels = minutes.map(({ at }) => clockTime(at));
    const spread = (/** @type {(Spread | null)[]} */ all) => [
      { name: t("running.half"), values: all.map((one) => one?.p50 ?? null) },
      { name: t("running.most"), values: all.map((one) => one?.p95 ?? null) },
    ];
    throughput.draw({
      labels,
      series: [
        { name: t("running.ready"), values: minutes.map(({ ready }) => ready) },
        { name: t("running.placed"), values: minutes.map(({ placed }) => placed) },
      ],
    });
    wait.draw({ labels, series: spread(minutes.map((one) => one.wait)) });
    prep.draw({ labels, series: spread(minutes.map((one) => one.prep)) });
  };
}

/** @param {number} value in seconds */
function written(value) {
  return value < MINUTE ? `${number.format(value)} s` : duration(value);
}
