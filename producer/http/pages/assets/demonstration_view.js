// What the demonstration has shown so far: the load with its evidence, and the faults.

import { el, fill } from "/assets/dom.js";
import { language, t } from "/assets/text.js";

/** @typedef {import("./demonstration.js").Trial} Trial */
/** @typedef {import("./demonstration.js").Load} Load */
/** @typedef {import("./demonstration.js").Fault} Fault */
/** @typedef {import("./demonstration.js").Evidence} Evidence */

const FAULTS =
  /** @type {Record<string, "trial.fault_kill_barista" | "trial.fault_freeze_sqs" | "trial.fault_kill_everything">} */ ({
    "kill-barista": "trial.fault_kill_barista",
    "freeze-sqs": "trial.fault_freeze_sqs",
    "kill-everything": "trial.fault_kill_everything",
  });
const time = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
const seconds = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

/**
 * @param {HTMLElement} place
 * @param {Trial} trial
 */
export function showTrial(place, { load, faults }) {
  fill(
    place,
    load && el("div", { class: "card" }, load.evidence ? proof(load, load.evidence) : under(load)),
    faults.length > 0 &&
      el("div", { class: "card" }, el("ul", { class: "rows" }, faults.map(fault))),
  );
}

/** @param {Load} load */
function under({ orders, acknowledged, ready, retries, ended_at, failure }) {
  const progress = el("progress", {
    value: ready,
    max: orders,
    "aria-label": t("trial.working"),
  });
  if (failure !== null) return [el("p", {}, t("trial.failed", { why: failure }))];
  const isOver = ended_at === null && acknowledged > 0 && ready === orders;
  const parts = [
    t("trial.progress", { acknowledged, orders, ready }),
    retries > 0 ? t("trial.retries", { count: retries }) : "",
  ];
  const text = isOver ? t("trial.judging") : parts.filter(Boolean).join(" · ");
  return [el("p", {}, text), progress];
}

/**
 * @param {Load} load
 * @param {Evidence} evidence
 */
function proof(load, evidence) {
  const isClean = evidence.lost + evidence.twice + evidence.ready_again === 0;
  const figure = (/** @type {string} */ name, /** @type {number} */ value, kind = "") =>
    el("div", { class: kind }, el("dt", {}, name), el("dd", {}, String(value)));
  const none = (/** @type {number} */ value) => (value === 0 ? "good" : "bad");
  return [
    el(
      "h3",
      {},
      evidence.lost ? t("trial.some_lost", { count: evidence.lost }) : t("trial.none_lost"),
    ),
    el(
      "dl",
      { class: "evidence", dataset: { clean: String(isClean) } },
      figure(t("trial.lost"), evidence.lost, none(evidence.lost)),
      figure(t("trial.acknowledged"), evidence.acknowledged),
      figure(t("trial.found"), evidence.found),
      figure(t("trial.ready_once"), evidence.ready_once),
      figure(t("trial.ready_again"), evidence.ready_again, none(evidence.ready_again)),
      figure(t("trial.twice"), evidence.twice, none(evidence.twice)),
      figure(t("trial.closed"), evidence.closed_otherwise),
      figure(t("trial.refused"), load.refused),
      figure(t("trial.taken_over"), evidence.taken_over),
      figure(t("trial.events"), load.events),
      figure(t("trial.repeated"), load.events_repeated),
    ),
    el("p", { class: "small quiet" }, t("trial.from_store")),
  ];
}

/** @param {Fault} fault */
function fault({ act, fired_at, ended_at, back_at, worked_at, hit, replaced_by, ...came }) {
  const name = FAULTS[act];
  const after = (/** @type {string} */ at) => `${seconds.format(between(fired_at, at))} s`;
  const isOver = ended_at !== null;
  const over = worked_at
    ? t("trial.works_again", { time: after(worked_at) })
    : t(isOver ? "trial.over" : "trial.under_way");
  const effects = [
    back_at && t("trial.back", { time: after(back_at) }),
    isOver && !worked_at && t("trial.none_begun"),
    came.unanswered > 0 && t("trial.unanswered", { count: came.unanswered }),
    came.acknowledged + came.ready > 0 &&
      t("trial.meanwhile", { acknowledged: came.acknowledged, ready: came.ready }),
  ].filter(Boolean);
  return el(
    "li",
    { class: "fault" },
    el("strong", {}, name ? t(name) : act),
    el("span", { class: "quiet" }, time.format(new Date(fired_at))),
    el("span", { class: `badge end ${isOver ? "good" : "warn"}` }, over),
    el("small", {}, t(act === "freeze-sqs" ? "trial.how_frozen" : "trial.how_killed")),
    effects.length > 0 && el("small", { class: "quiet" }, effects.join(" ")),
    processes(fired_at, hit, replaced_by),
  );
}

/** Which details were open: the list is built anew each second. @type {Set<string>} */
const opened = new Set();

/**
 * @param {string} key of the fault
 * @param {import("./demonstration.js").Hit[]} hit
 * @param {number[]} pids
 */
function processes(key, hit, pids) {
  const hits = hit.map(({ name, pid, signal }) =>
    t("trial.hit", { name, pid: String(pid), signal }),
  );
  const lines = [hits.join(" · "), pids.length && t("trial.replaced", { pids: pids.join(", ") })];
  const details = el(
    "details",
    { open: opened.has(key) },
    el("summary", { class: "small" }, t("trial.processes")),
    lines.filter(Boolean).map((line) => el("small", { class: "quiet" }, line)),
  );
  details.addEventListener("toggle", () => {
    if (details.open) opened.add(key);
    else opened.delete(key);
  });
  return details;
}

/**
 * @param {string} from
 * @param {string} to
 */
function between(from, to) {
  return (new Date(to).getTime() - new Date(from).getTime()) / 1000;
}
