// Who changed what, the newest first.

import { el } from "/assets/dom.js";
import { clockTime, day } from "/assets/format.js";
import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";

/** @typedef {{at: string, by: string, what: string, detail: string}} Change */
/** @typedef {{changes: Change[], next_cursor: string | null}} ChangeList */

/** @type {Record<string, Parameters<typeof t>[0]>} */
const WHAT = {
  shop: "shop.what_shop",
  "sold-out": "shop.what_sold_out",
  menu: "shop.what_menu",
  photos: "shop.what_photos",
  settings: "shop.what_settings",
  hours: "shop.what_hours",
  "staff-keys": "shop.what_keys",
  "dead-letters": "shop.what_dead_letters",
  deliveries: "shop.what_deliveries",
  customers: "shop.what_customers",
  topics: "shop.what_topics",
};
const PATH = "/shop/changes?limit=20";

/** @returns {Promise<ChangeList>} */
export function readChanges(cursor = "") {
  return request("GET", cursor ? `${PATH}&cursor=${encodeURIComponent(cursor)}` : PATH);
}

/** @param {ChangeList} first */
export function changesCard(first) {
  const list = el("ul", { class: "rows" });
  const more = el("button", { type: "button", class: "quiet" }, t("shop.older"));
  let cursor = first.next_cursor;
  const add = (/** @type {ChangeList} */ page) => {
    list.append(...page.changes.map(row));
    cursor = page.next_cursor;
    more.hidden = !cursor;
  };
  const show = (/** @type {ChangeList} */ page) => {
    list.replaceChildren();
    add(page);
    if (!list.children.length) list.append(el("li", { class: "quiet" }, t("shop.no_changes")));
  };
  more.onclick = async () => {
    more.disabled = true;
    try {
      add(await readChanges(cursor ?? ""));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      toast(error.message, { kind: "bad" });
    }
    more.disabled = false;
  };
  show(first);
  const card = el("section", { class: "card" }, el("h2", {}, t("shop.changes")), list, more);
  return { card, show };
}

/** @param {Change} change */
function row({ at, by, what, detail }) {
  return el(
    "li",
    {},
    el("strong", {}, visible(by)),
    el("span", { class: "badge" }, WHAT[what] ? t(WHAT[what]) : what),
    el("span", {}, visible(detail)),
    el("span", { class: "quiet small end" }, `${day(at)}, ${clockTime(at)}`),
  );
}
