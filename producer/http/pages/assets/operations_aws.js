// Requests to AWS, and what they would cost for a million orders.

import { el, fill } from "/assets/dom.js";
import { clockTime } from "/assets/format.js";
import { language, t } from "/assets/text.js";

/** @typedef {{since: string, workers: number, sqs: number, sns: number, ready: number, per_order: number | null, dollars_per_million: number | null, prices: string}} Aws */

const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const dollars = new Intl.NumberFormat(language, { style: "currency", currency: "USD" });

/**
 * @param {HTMLElement} place
 * @param {Aws} aws
 * @param {boolean} isOneMachine
 */
export function showAws(place, aws, isOneMachine) {
  const { dollars_per_million: cost, per_order: each } = aws;
  const counted = {
    sqs: number.format(aws.sqs),
    sns: number.format(aws.sns),
    time: clockTime(aws.since),
    prices: aws.prices,
  };
  const price =
    cost === null || each === null
      ? t("running.aws_none")
      : t("running.aws_cost", { dollars: dollars.format(cost), each: number.format(each) });
  const who = isOneMachine ? "running.aws_machine" : "running.aws_cashier";
  fill(
    place,
    el("p", {}, el("strong", {}, price)),
    el("p", {}, t("running.aws_counted", { ...counted, count: aws.ready })),
    el("p", { class: "small quiet" }, t(who, { count: aws.workers })),
  );
}
