// A day for spreadsheets: loaded when somebody asks for it.

import { el } from "/assets/dom.js";

const TIMEOUT_MS = 15_000;

/**
 * Saves the report of a day as a file; fails when the shop does not give it.
 * @param {string} day
 */
export async function download(day) {
  const answer = await fetch(`/reports/day?date=${day}`, {
    headers: { Accept: "text/csv" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  const url = URL.createObjectURL(await answer.blob());
  el("a", { href: url, download: `orders-${day}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), TIMEOUT_MS);
}
