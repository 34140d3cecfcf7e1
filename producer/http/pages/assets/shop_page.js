// The page `/staff/shop`: the shop's state, hours and settings, and who changed them.

import { byId, el, fill } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { changesCard, readChanges } from "./shop_changes.js";
import { ShopDocument } from "./shop_document.js";
import { draftOf } from "./shop_draft.js";
import { canEdit } from "./shop_form.js";
import { hoursCard } from "./shop_hours.js";
import { nowCard } from "./shop_now.js";
import { settingsCard } from "./shop_settings.js";

const EVERY_MS = 15_000;

/**
 * What is seldom changed, and read when it is opened.
 * @param {() => unknown} changed
 */
function moneyCard(changed) {
  const card = el("details", { class: "card" });
  const title = el("summary", {}, el("h2", {}, t("shop_money.title")));
  const place = el("div", {});
  card.append(title, place);
  card.ontoggle = async () => {
    if (!card.open || place.firstChild) return;
    const menu = new ShopDocument("/menu/document", "menu");
    try {
      const [{ moneyForm }] = await Promise.all([import("./shop_money.js"), menu.read()]);
      fill(place, moneyForm(menu, changed));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      toast(error.message, { kind: "bad" });
      card.open = false;
    }
  };
  card.open = draftOf("menu").get() !== null;
  return card;
}

async function open() {
  const place = byId("shop");
  const hours = new ShopDocument("/shop/hours", "hours");
  const settings = new ShopDocument("/shop/settings", "settings");
  try {
    const [shop, list] = await Promise.all([
      request("GET", "/shop"),
      canEdit ? readChanges() : null,
      hours.read(),
      settings.read(),
    ]);
    const changes = list && changesCard(list);
    const changed = () => void refresh();
    const open = hoursCard(hours, changed);
    const now = nowCard(shop, changed, canEdit ? open.today : null);
    const refresh = async () => {
      try {
        const [current, newest] = await Promise.all([
          request("GET", "/shop"),
          changes && readChanges(),
        ]);
        now.show(current);
        if (newest) changes?.show(newest);
      } catch (error) {
        if (!(error instanceof RequestError)) throw error; // it is read again soon
      }
    };
    fill(
      place,
      now.card,
      !canEdit && el("p", { class: "quiet" }, t("shop.barista")),
      open.card,
      settingsCard(settings, changed),
      moneyCard(changed),
      changes?.card,
    );
    setInterval(() => !document.hidden && changed(), EVERY_MS);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const again = el("button", { class: "quiet", onclick: () => void open() }, t("shop.again"));
    fill(
      place,
      el(
        "div",
        { class: "empty bad" },
        el("h2", {}, t("shop.unreadable")),
        el("p", {}, error.message),
        again,
      ),
    );
  }
  place.removeAttribute("aria-busy");
}

void open();
