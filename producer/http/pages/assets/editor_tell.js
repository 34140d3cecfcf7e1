// Says what others have changed in the menu meanwhile.

import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";

/** @typedef {import("./editor_state.js").Version} Version */

/** @param {Version[]} others the newest first */
export function tellOthers(others) {
  const text = othersText(others);
  if (text) toast(text);
}

/** @param {Version[]} others */
export function othersText(others) {
  const by = [...new Set(others.map((one) => visible(one.by)))].join(", ");
  const changes = others.map((one) => visible(one.changes)).join("; ");
  return by && t("editor.others", { by, changes });
}
