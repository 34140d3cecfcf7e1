// Issues that are held, with a minute to undo, and those that were published, with what came of them.

import { byId, el, fill, icon } from "/assets/dom.js";
import { clockTime, day } from "/assets/format.js";
import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";

/** @typedef {{id: string, topic: string, subject: string, body: string, at: string, held: boolean}} Issue */
/** @typedef {{delivered: number | null, due: number | null, failed: number | null, unsubscribed: number | null, complete: boolean}} Report */

const SHOWN = 20;
const AFTERWARDS_MS = 3000;

/**
 * Reads the issues of topics and shows them; `takeBack` gets one that was withdrawn.
 * @param {Map<string, string>} titles by topic
 * @param {(issue: Issue) => void} takeBack
 */
export function readIssues(titles, takeBack) {
  /** @type {Issue[]} */
  let held = [];
  const read = async () => {
    try {
      const lists = await Promise.all(
        [...titles.keys()].map((topic) =>
          request("GET", `/topics/${encodeURIComponent(topic)}/messages`),
        ),
      );
      const all = lists.flatMap(({ issues }) => /** @type {Issue[]} */ (issues));
      all.sort((one, other) => other.at.localeCompare(one.at));
      held = all.filter(isHeld);
      drawPast(all.filter((issue) => !isHeld(issue)).slice(0, SHOWN), titles);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const again = el("button", { class: "quiet", onclick: () => void read() }, t("issues.again"));
      fill(byId("past"), el("li", {}, error.message, again));
    }
    byId("past").removeAttribute("aria-busy");
    drawHeld();
  };

  /** @param {Issue} issue */
  const withdraw = async (issue) => {
    try {
      await request("DELETE", pathOf(issue));
      takeBack(issue);
      toast(t("issues.withdrawn"), { kind: "good" });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      toast(error.status === 409 ? t("issues.too_late") : error.message, { kind: "bad" });
    }
    await read();
  };

  const drawHeld = () => {
    const shown = new Map(
      [...byId("held").children].map((one) => [
        one instanceof HTMLElement && one.dataset["id"],
        one,
      ]),
    );
    fill(
      byId("held"),
      held.map((issue) => shown.get(issue.id) ?? banner(issue, () => void withdraw(issue))),
    );
    for (const issue of held) {
      const seconds = Math.max(0, Math.ceil((Date.parse(issue.at) - Date.now()) / 1000));
      const left = byId("held").querySelector(`[data-id="${issue.id}"] .left`);
      if (left) left.textContent = t("issues.held", { count: seconds });
    }
  };

  setInterval(() => {
    drawHeld();
    if (held.some((issue) => !isHeld(issue))) {
      held = held.filter(isHeld);
      setTimeout(() => void read(), AFTERWARDS_MS);
    }
  }, 1000);
  void read();
  return { read };
}

/** @param {Issue} issue */
function isHeld({ at }) {
  return Date.parse(at) > Date.now();
}

/** @param {Issue} issue */
function pathOf({ topic, id }) {
  return `/topics/${encodeURIComponent(topic)}/messages/${encodeURIComponent(id)}`;
}

/**
 * @param {Issue} issue
 * @param {() => void} undo
 */
function banner(issue, undo) {
  return el(
    "div",
    { class: "banner warn", dataset: { id: issue.id } },
    icon("clock"),
    el("p", {}, el("strong", {}, visible(issue.subject)), " ", el("span", { class: "left" })),
    el("button", { type: "button", class: "primary", onclick: undo }, t("issues.undo")),
  );
}

/**
 * @param {Issue[]} issues
 * @param {Map<string, string>} titles
 */
function drawPast(issues, titles) {
  const rows = issues.map((issue) => {
    const counts = el("span", { class: "small" }, t("issues.counting"));
    void readReport(issue, counts);
    const when = `${titles.get(issue.topic) ?? issue.topic} · ${day(issue.at)}, ${clockTime(issue.at)}`;
    return el(
      "li",
      {},
      el(
        "div",
        { class: "what" },
        el("strong", {}, visible(issue.subject)),
        el("span", { class: "quiet small" }, when),
        counts,
      ),
    );
  });
  fill(byId("past"), rows.length ? rows : el("li", { class: "quiet" }, t("issues.none")));
}

/**
 * @param {Issue} issue
 * @param {HTMLElement} place
 */
async function readReport(issue, place) {
  try {
    /** @type {Report} */
    const { delivered, due, failed, unsubscribed, complete } = await request(
      "GET",
      `${pathOf(issue)}/report`,
    );
    if (delivered === null) {
      place.textContent = t("issues.forgotten");
      return;
    }
    const parts = [
      t("issues.delivered", { count: delivered }),
      due ? t("issues.due", { count: due }) : "",
      failed ? t("issues.failed", { count: failed }) : "",
      unsubscribed ? t("issues.unsubscribed", { count: unsubscribed }) : "",
    ];
    place.textContent =
      parts.filter(Boolean).join(" · ") + (complete ? "" : ` ${t("issues.more")}`);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    place.textContent = t("issues.no_report");
  }
}
