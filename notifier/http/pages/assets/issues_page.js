// The page `/staff/newsletters`: write, look, send a proof, publish with a minute to undo, and past issues.

import { ask, shown } from "/assets/dialog.js";
import { byId } from "/assets/dom.js";
import { newKey, request, RequestError } from "/assets/http.js";
import { stored } from "/assets/store.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { showMarkdown } from "./markdown_view.js";
import { readIssues } from "./past_issues.js";

/** @typedef {{topic: string, subject: string, body: string, key: string}} Draft */

const PREVIEW_MS = 250;
const NOTHING = { topic: "", subject: "", body: "", key: "" };

/** What is being written, in all tabs; it survives a reload, and so does its key. */
const draft = stored("newsletter-draft", /** @type {Draft} */ (NOTHING), isDraft);
const topic = byId("topic", HTMLSelectElement);
const titles = new Map([...topic.options].map(({ value, text }) => [value, text]));
const subject = byId("subject", HTMLInputElement);
const body = byId("body", HTMLTextAreaElement);
/** @type {Map<string, number>} */
let subscribers = new Map();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;
let asked = 0;
/** What the fields have; its key is that of this text: nothing is published twice. */
let written = draft.get();

/**
 * @param {unknown} read
 * @returns {read is Draft}
 */
function isDraft(read) {
  const names = ["topic", "subject", "body", "key"];
  return (
    typeof read === "object" &&
    read !== null &&
    names.every((name) => typeof Reflect.get(read, name) === "string")
  );
}

async function readTopics() {
  const { topics } = await request("GET", "/topics");
  subscribers = new Map(
    topics.map((/** @type {{name: string, subscribers: number}} */ one) => [
      one.name,
      one.subscribers,
    ]),
  );
  showCount();
}

function showCount() {
  if (!subscribers.size) return;
  const count = subscribers.get(topic.value);
  byId("goes-to").textContent = count === undefined ? "" : t("issues.goes_to", { count });
}

function changed() {
  const fields = { topic: topic.value, subject: subject.value, body: body.value };
  if (!written.key || !isSame(fields, written)) {
    written = { ...fields, key: newKey() };
    draft.set(written);
  }
  showMail();
}

/**
 * @param {Omit<Draft, "key">} one
 * @param {Omit<Draft, "key">} other
 */
function isSame(one, other) {
  return one.topic === other.topic && one.subject === other.subject && one.body === other.body;
}

/**
 * Puts a draft into the fields, where it is another than theirs.
 * @param {Draft} one
 */
function write(one) {
  if ([...topic.options].some(({ value }) => value === one.topic)) topic.value = one.topic;
  if (subject.value !== one.subject) subject.value = one.subject;
  if (body.value !== one.body) body.value = one.body;
  written = { ...one, topic: topic.value, key: one.topic === topic.value ? one.key : newKey() };
  showCount();
}

function showMail() {
  byId("preview-subject").textContent = subject.value || t("issues.no_subject");
  byId("preview-subject").classList.toggle("quiet", !subject.value);
  clearTimeout(soon);
  soon = setTimeout(() => void preview(), PREVIEW_MS);
}

async function preview() {
  asked += 1;
  const mine = asked;
  if (!body.value.trim()) {
    byId("preview").textContent = t("issues.no_body");
    return;
  }
  try {
    const mail = { subject: subject.value.trim() || "–", body: body.value };
    const { html } = await request("POST", path("proofs"), { body: mail });
    if (mine === asked) showMarkdown(byId("preview"), html);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (mine === asked) byId("preview").textContent = error.message;
  }
}

/** @param {string} what */
function path(what) {
  return `/topics/${encodeURIComponent(topic.value)}/${what}`;
}

function isComplete() {
  for (const [field, id] of /** @type {const} */ ([
    [body, "body-error"],
    [subject, "subject-error"],
  ])) {
    const isMissing = !field.value.trim();
    byId(id).textContent = isMissing ? t("issues.missing") : "";
    field.toggleAttribute("aria-invalid", isMissing);
    if (isMissing) field.focus();
  }
  return Boolean(subject.value.trim() && body.value.trim());
}

async function publish() {
  if (!isComplete()) return;
  const sent = written;
  const count = subscribers.get(sent.topic) ?? 0;
  const question = {
    title: t("issues.publish_question", { topic: titles.get(sent.topic) ?? sent.topic }),
    text: `${t("issues.goes_to", { count })} ${t("issues.undo_told")}`,
    yes: t("issues.publish"),
  };
  if (!(await ask(question))) return;
  const issue = { subject: sent.subject.trim(), body: sent.body, hold: true };
  const messages = `/topics/${encodeURIComponent(sent.topic)}/messages`;
  try {
    await request("POST", messages, { body: issue, key: sent.key });
    if (draft.get().key === sent.key) draft.set({ ...NOTHING, topic: sent.topic });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    toast(error.message, { kind: "bad", ms: 20_000 });
  }
  await issues.read();
}

/** @param {SubmitEvent} event */
async function sendProof(event) {
  event.preventDefault();
  const address = byId("address", HTMLInputElement);
  byId("address-error").textContent = "";
  try {
    const issue = { subject: subject.value.trim(), body: body.value, email: address.value.trim() };
    await request("POST", path("proofs/mail"), { body: issue });
    byId("proof-dialog", HTMLDialogElement).close();
    toast(t("issues.proof_sent", { address: issue.email }), { kind: "good" });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    byId("address-error").textContent = error.errors.length
      ? t("issues.bad_address")
      : error.message;
    address.focus();
  }
}

/** @param {{topic: string, subject: string, body: string}} issue */
async function takeBack(issue) {
  const isEmpty = !subject.value.trim() && !body.value.trim();
  const question = {
    title: t("issues.replace_question", { subject: visible(issue.subject) }),
    text: t("issues.replace_text"),
    yes: t("issues.replace"),
  };
  if (!isEmpty && !(await ask(question))) return;
  draft.set({ topic: issue.topic, subject: issue.subject, body: issue.body, key: newKey() });
  subject.focus();
}

const issues = readIssues(titles, (issue) => void takeBack(issue));
write(draft.get());
showMail();
draft.follow((one) => {
  write(one);
  showMail();
});
for (const field of [topic, subject, body]) field.addEventListener("input", changed);
topic.addEventListener("change", showCount);
byId("write").addEventListener("submit", (event) => {
  event.preventDefault();
  void publish();
});
byId("proof").addEventListener("click", () => {
  if (isComplete()) void shown(byId("proof-dialog", HTMLDialogElement));
});
byId("proof-close").addEventListener("click", () => {
  byId("proof-dialog", HTMLDialogElement).close();
});
byId("proof-form").addEventListener("submit", (event) => void sendProof(event));
void readTopics();
