// What staff do with dead letters: each asks first, and says what became of them.

import { ask } from "/assets/dialog.js";
import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";

/**
 * Redrives exactly what was shown, after a dry run has said what will become of it.
 * @param {string[]} ids
 * @param {() => Promise<void>} refresh
 */
export async function redrive(ids, refresh) {
  const path = "/dead-letters/redrive";
  const dry = await trying(() => request("POST", path, { body: { ids, dry_run: true } }));
  if (!dry) return;
  const [can, cannot] = [dry.redriven.length, ids.length - dry.redriven.length];
  if (can === 0) {
    toast(t("running.none_redrivable"), { kind: "bad" });
    return;
  }
  const isSure = await ask({
    title: t("running.redrive_title", { count: can }),
    text: cannot ? t("running.redrive_refused", { count: cannot }) : t("running.redrive_text"),
    yes: t("running.redrive"),
  });
  if (!isSure) return;
  const done = await trying(() => request("POST", path, { body: { ids: dry.redriven } }));
  if (done)
    toast(t("running.redriven", { count: done.redriven.length }), {
      kind: done.redriven.length === can ? "good" : "bad",
    });
  await refresh().catch(() => undefined);
}

/**
 * Discards exactly what was shown, which the question counts.
 * @param {string[]} ids
 * @param {() => Promise<void>} refresh
 */
export async function discard(ids, refresh) {
  const isSure = await ask({
    title: t("running.discard_title", { count: ids.length }),
    text: t("running.discard_text"),
    yes: t("running.discard"),
    isDanger: true,
  });
  if (!isSure) return;
  const path = `/dead-letters?ids=${encodeURIComponent(ids.join(","))}`;
  const done = await trying(() => request("DELETE", path));
  if (done) toast(t("running.discarded", { count: done.purged }), { kind: "good" });
  await refresh().catch(() => undefined);
}

/**
 * @param {number} count
 * @param {() => Promise<void>} refresh
 */
export async function deliverAgain(count, refresh) {
  const isSure = await ask({
    title: t("running.deliver_title", { count }),
    text: t("running.deliver_text"),
    yes: t("running.deliver_again"),
  });
  if (!isSure) return;
  const path = "/subscriptions/dead-letters/redrive";
  const done = await trying(() => request("POST", path, { body: {} }));
  if (done) toast(t("running.delivered_again", { count: done.redriven }), { kind: "good" });
  await refresh().catch(() => undefined);
}

/** @param {() => Promise<any>} run */
async function trying(run) {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    toast(error.detail || error.title, { kind: "bad" });
    return null;
  }
}
