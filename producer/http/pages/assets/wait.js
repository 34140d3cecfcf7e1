// How long an order takes, in words.

import { t } from "/assets/text.js";

const MINUTE = 60;

/**
 * Says "in 3–5 min".
 * @param {number} low seconds
 * @param {number} high seconds
 */
export function waitText(low, high) {
  if (high <= MINUTE) return t("wait.moment");
  const least = Math.max(1, Math.round(low / MINUTE));
  const most = Math.ceil(high / MINUTE);
  if (least >= most) return t("wait.about", { count: most });
  return t("wait.range", { low: least, high: most });
}
