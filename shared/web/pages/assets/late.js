// Says soon that an answer is late: who taps something is never left without a sign.

import { t } from "./text.js";

const LATE_MS = 2000;
const OFFLINE_MS = 150; // a shop on this machine answers before

/**
 * Says that there is no answer yet, or no connection: at once where that is known.
 * @param {(text: string) => void} say
 * @returns {() => void} ends that, since there is an answer
 */
export function sayWhenLate(say) {
  const tell = () => say(isUnconnected() ? t("problem.no_connection") : t("problem.late"));
  const timer = setTimeout(tell, isUnconnected() ? OFFLINE_MS : LATE_MS);
  return () => clearTimeout(timer);
}

function isUnconnected() {
  const known = document.getElementById("connection")?.dataset["state"];
  return !navigator.onLine || known === "stale" || known === "offline";
}
