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
function fault({ act, fired_at, ended_at, hit, replaced_by, unanswered, acknowledged, ready }) {
  const name = FAULTS[act];
  const badge =
    ended_at === null
      ? el("span", { class: "badge warn end" }, t("trial.under_way"))
      : el(
          "span",
          { class: "badge good end" },
          t("trial.over", { time: `${seconds.format(between(fired_at, ended_at))} s` }),
        );
  const pids = replaced_by.join(", ");
  const effects = [
    pids ? t("trial.replaced", { pids }) : t("trial.thawed"),
    unanswered > 0 && t("trial.unanswered", { count: unanswered }),
    acknowledged + ready > 0 && t("trial.meanwhile", { acknowledged, ready }),
  ].filter(Boolean);
  return el(
    "li",
    { class: "fault" },
    el("strong", {}, name ? t(name) : act),
    el("span", { class: "quiet" }, time.format(new Date(fired_at))),
    badge,
    el(
      "small",
      {},
      hit
        .map(({ name: who, pid, signal }) =>
          t("trial.hit", { name: who, pid: String(pid), signal }),
        )
        .join(" · "),
    ),
    ended_at !== null && el("small", { class: "quiet" }, effects.join(" ")),
  );
}

/**
 * @param {string} from
 * @param {string} to
 */
function between(from, to) {
  return (new Date(to).getTime() - new Date(from).getTime()) / 1000;
}
