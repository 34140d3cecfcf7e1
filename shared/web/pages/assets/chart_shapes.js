// What is drawn inside a chart: lines or bars above a grid, in units of one label by `HEIGHT`.

/** @typedef {import("./chart.js").ChartData} ChartData */

const NAMESPACE = "http://www.w3.org/2000/svg";
export const HEIGHT = 100;
/** Seconds, and minutes, of which people count in wholes. */
const SECONDS = [2, 4, 10, 20, 30, 60, 120, 240, 360, 600, 1200, 1800, 3600, 7200];
const GAP = 0.2;

/**
 * Where the scale ends: at a round number that nothing is above.
 * @param {ChartData} data
 * @param {boolean} isTime
 */
export function topOf({ series, limit = 0 }, isTime) {
  const highest = Math.max(limit, ...series.flatMap(({ values }) => values.map((one) => one ?? 0)));
  const round = isTime ? SECONDS.find((one) => one >= highest) : undefined;
  if (round !== undefined) return round;
  const power = 10 ** Math.floor(Math.log10(Math.max(highest, 2)));
  return [1, 2, 4, 6, 10].map((one) => one * power).find((one) => one >= highest) ?? highest;
}

/**
 * Draws all that is inside a chart.
 * @param {ChartData} data
 * @param {number} top
 * @param {"line" | "bar"} kind
 */
export function shapes(data, top, kind) {
  return [...grid(data, top), ...drawn(data, top, kind)];
}

/**
 * @param {ChartData} data
 * @param {number} top
 */
function grid({ labels, limit }, top) {
  const line = (/** @type {number} */ y, /** @type {string} */ name) =>
    svg("path", { class: name, d: `M0 ${y}H${Math.max(1, labels.length)}` });
  const lines = [0, HEIGHT / 2, HEIGHT].map((y) => line(y, "grid"));
  return limit === undefined ? lines : [...lines, line(yOf(limit, top), "limit")];
}

/**
 * @param {ChartData} data
 * @param {number} top
 * @param {"line" | "bar"} kind
 */
function drawn({ series }, top, kind) {
  const path = kind === "bar" ? bars : lines;
  return series.map(({ values }, at) =>
    svg("path", { class: `${kind} s${at + 1}`, d: path(values, top, at, series.length) }),
  );
}

/**
 * @param {(number | null)[]} values
 * @param {number} top
 */
function lines(values, top) {
  return values
    .map((value, at) => {
      if (value === null) return "";
      const isFirst = (values[at - 1] ?? null) === null;
      const isAlone = isFirst && (values[at + 1] ?? null) === null;
      return `${isFirst ? "M" : "L"}${at + 0.5} ${yOf(value, top)}${isAlone ? "h0.01" : ""}`;
    })
    .join("");
}

/**
 * @param {(number | null)[]} values
 * @param {number} top
 * @param {number} at
 * @param {number} of
 */
function bars(values, top, at, of) {
  const width = (1 - GAP) / of;
  return values
    .map((value, x) => {
      const left = x + GAP / 2 + at * width;
      return value ? `M${left} ${HEIGHT}V${yOf(value, top)}h${width}V${HEIGHT}z` : "";
    })
    .join("");
}

/**
 * @param {number} value
 * @param {number} top
 */
function yOf(value, top) {
  return Math.round((1 - value / top) * HEIGHT * 100) / 100;
}

/**
 * Makes an element of a drawing.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 */
export function svg(tag, attributes) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return /** @type {SVGElement} */ (element);
}
