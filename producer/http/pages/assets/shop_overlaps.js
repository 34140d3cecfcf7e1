// Which hours of a shop cannot hold together.

/** @typedef {import("./shop_spans.js").Span} Span */
/** @typedef {{one: Span, other: Span, isNextDay: boolean}} Overlap */

const DAY_MINUTES = 24 * 60;

/**
 * Finds the first two spans of a day that overlap, or one that goes on into the next day's.
 * @param {Span[]} spans
 * @param {Span[]} next those of the day after
 * @returns {Overlap | null}
 */
export function overlapOf(spans, next) {
  const [sorted, after] = [byBegin(spans), byBegin(next)];
  for (const [at, one] of sorted.entries()) {
    const other = sorted[at + 1];
    if (other && endOf(one) > minute(other[0])) return { one, other, isNextDay: false };
    const first = after[0];
    if (!other && first && endOf(one) - DAY_MINUTES > minute(first[0])) {
      return { one, other: first, isNextDay: true };
    }
  }
  return null;
}

/**
 * Returns when a span ends, in minutes from the begin of its day; one past midnight, beyond a day.
 * @param {Span} span
 */
export function endOf([opens, closes]) {
  return minute(closes) + (closes <= opens ? DAY_MINUTES : 0);
}

/** @param {string} time */
export function minute(time) {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** @param {Span[]} spans */
function byBegin(spans) {
  return spans.filter(isWhole).sort(([one], [other]) => (one < other ? -1 : 1));
}

/**
 * Whether both of its times are typed.
 * @param {Span} span
 */
export function isWhole([opens, closes]) {
  return opens !== "" && closes !== "";
}
