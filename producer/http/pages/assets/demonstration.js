// The demonstration: faults are fired by the shop's supervisor, which also says what came of them.

import { byId, fill } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";

/** @typedef {{name: string, pid: number, signal: string}} Hit */
/** @typedef {{act: string, fired_at: string, back_at: string | null, worked_at: string | null, ended_at: string | null, hit: Hit[], replaced_by: number[], unanswered: number, acknowledged: number, ready: number}} Fault */
/** @typedef {{acknowledged: number, found: number, ready_once: number, ready_again: number, closed_otherwise: number, lost: number, twice: number, taken_over: number}} Evidence */
/** @typedef {{orders: number, began_at: string, ended_at: string | null, acknowledged: number, refused: number, ready: number, retries: number, events: number, events_repeated: number, evidence: Evidence | null, failure: string | null}} Load */
/** @typedef {{at: string, load: Load | null, faults: Fault[]}} Trial */

const PATH = "/demonstration";
const EVERY_MS = 1000;
const TIMEOUT_MS = 3000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;

/** Makes the buttons work, and shows what is under way already. */
export function demonstrate() {
  for (const button of byId("demonstration").querySelectorAll("button[data-act]")) {
    const act = button.getAttribute("data-act") ?? "";
    button.addEventListener("click", () => void start(act));
  }
  document.addEventListener("visibilitychange", () => void look());
  void look();
}

/** @param {string} act */
async function start(act) {
  const { ask } = await import("/assets/dialog.js");
  const isLoad = act === "load";
  if (isLoad || act === "kill-everything") {
    const isSure = await ask({
      title: t(isLoad ? "trial.sure_load" : "trial.sure_kill"),
      text: t(isLoad ? "trial.sure_load_text" : "trial.sure_kill_text"),
      yes: t(isLoad ? "trial.yes_load" : "trial.yes_kill"),
      isDanger: !isLoad,
    });
    if (!isSure) return;
  }
  try {
    show(await request("POST", PATH, { body: { act }, timeoutMs: TIMEOUT_MS }));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { toast } = await import("/assets/toast.js");
    if (error.status !== 0) toast(error.detail || error.title, { kind: "bad" });
  }
  plan();
}

async function look() {
  if (document.hidden) return; // again when somebody looks at the page
  try {
    show(await request("GET", PATH, { timeoutMs: TIMEOUT_MS }));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.status === 401) {
      location.reload(); // to where one signs in
      return;
    }
    fill(byId("demonstration-note"), t("trial.away"));
    plan();
  }
}

function plan() {
  clearTimeout(next);
  next = setTimeout(() => void look(), EVERY_MS);
}

/** @param {Trial} trial */
function show(trial) {
  fill(byId("demonstration-note"));
  const isFaulty = trial.faults.some(({ ended_at }) => ended_at === null);
  for (const button of byId("demonstration").querySelectorAll("button[data-act]")) {
    const isLoad = button.getAttribute("data-act") === "load";
    button.toggleAttribute("disabled", isLoad ? isLoading(trial.load) : isFaulty);
  }
  if (trial.load || trial.faults.length) {
    void import("./demonstration_view.js").then(({ showTrial }) =>
      showTrial(byId("demonstration-state"), trial),
    );
  }
  if (isFaulty || isLoading(trial.load)) plan();
}

/** @param {Load | null} load */
function isLoading(load) {
  return load !== null && load.ended_at === null;
}
