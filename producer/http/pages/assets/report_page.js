// The page `/staff/report`: one day in figures. Its address without a date is today, which is followed.

import { byId } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { follow } from "/assets/live.js";
import { shared, t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { dayTitle, showDay } from "./report_view.js";

/** @typedef {import("./report_view.js").Report} Report */

/** To sum up a day is to read all its orders. */
const GATHER_MS = 10_000;
const FIRST = "1970-01-01";

let today = typeof shared["today"] === "string" ? shared["today"] : "";
let wanted = inAddress();
let reading = new AbortController();
/** @type {Report | undefined} */
let shown;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;

const date = byId("date", HTMLInputElement);
const [previous, next] = [byId("previous"), byId("next")];

/** The day that the address names; "" is today. */
function inAddress() {
  const named = new URLSearchParams(location.search).get("date") ?? "";
  return /^\d{4}-\d\d-\d\d$/.test(named) ? named : "";
}

async function refresh() {
  const asked = wanted;
  const { signal } = reading;
  try {
    const path = asked ? `/reports/day?date=${asked}` : "/reports/day";
    const report = /** @type {Report} */ (await request("GET", path, { signal }));
    if (signal.aborted) return;
    if (!asked) today = report.date;
    shown = report;
    showDay(report);
    byId("failed").hidden = true;
    tools();
  } catch (error) {
    if (signal.aborted) return; // another day is asked for, and read next
    if (error instanceof RequestError) fail(error);
    throw error;
  }
}

/** @param {RequestError} error */
function fail(error) {
  if (error.status === 401) location.reload();
  byId("failed-text").textContent = error.message;
  byId("failed").hidden = shown !== undefined;
  byId("figures").removeAttribute("aria-busy");
}

function tools() {
  const day = wanted || today;
  date.max = today;
  if (date !== document.activeElement || !date.value) date.value = day;
  byId("day-title").textContent = day ? dayTitle(day) : "\u00a0";
  setOff(previous, !day || day <= FIRST);
  setOff(next, !day || (today !== "" && day >= today));
  setOff(byId("today"), wanted === "");
}

/**
 * Switches a button off, and leaves the focus where it is.
 * @param {HTMLElement} button
 * @param {boolean} isOff
 */
function setOff(button, isOff) {
  button.setAttribute("aria-disabled", String(isOff));
}

/** Shows the day that is wanted now in place of another one. */
function change() {
  reading.abort();
  reading = new AbortController();
  shown = undefined;
  byId("figures").setAttribute("aria-busy", "true");
  byId("told").textContent = "\u00a0";
  tools();
  following.refresh();
}

/** @param {string} day */
function go(day) {
  const now = day === today ? "" : day;
  if (now === wanted) return;
  wanted = now;
  const url = new URL(location.href);
  if (now) url.searchParams.set("date", now);
  else url.searchParams.delete("date");
  history.pushState(null, "", url);
  change();
}

/** @param {number} days */
function step(days) {
  const at = new Date(`${wanted || today}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  const day = at.toISOString().slice(0, 10);
  date.value = day;
  go(day);
}

for (const [button, days] of /** @type {const} */ ([
  [previous, -1],
  [next, 1],
])) {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") step(days);
  });
}
byId("today").addEventListener("click", () => {
  date.value = today;
  go(today);
});
date.addEventListener("change", () => {
  if (date.value && date.checkValidity()) go(date.value);
});
addEventListener("popstate", () => {
  wanted = inAddress();
  date.value = wanted || today;
  change();
});
byId("again").addEventListener("click", () => following.refresh());
byId("csv").addEventListener("click", () => {
  const day = wanted || today;
  import("./report_csv.js")
    .then(({ download }) => download(day))
    .catch(() => toast(t("day.no_csv"), { kind: "bad" }));
});

tools();
const following = follow(
  ["order-events"],
  {},
  {
    refresh,
    event() {
      if (shown?.ended) return;
      soon ??= setTimeout(() => {
        soon = undefined;
        following.refresh();
      }, GATHER_MS);
    },
  },
);
