// Requests to the shop: each has a time-out, and a failure says what a person can do about it.

import { t } from "./text.js";

const TIMEOUT_MS = 10_000;
const PAUSES_MS = [400, 1600];
const LONGEST_PAUSE_MS = 5000;
const PASSING = new Set([429, 502, 503, 504]);

/** @typedef {{pointer: string, detail: string}} FieldError */
/** @typedef {{status: number, type?: string, title: string, detail?: string, errors?: FieldError[], retryAfter?: number}} Failure */

/** A request that was refused, or not answered: then its `status` is 0. */
export class RequestError extends Error {
  /** @param {Failure} failure */
  constructor({ status, type = "", title, detail = "", errors = [], retryAfter }) {
    super(detail || title);
    this.name = "RequestError";
    this.status = status;
    /** The last part of the problem's type, as in `not-found`. */
    this.kind = type.split("/").pop() ?? "";
    this.title = title;
    this.detail = detail;
    this.errors = errors;
    /** Seconds after which the shop asks to try again. */
    this.retryAfter = retryAfter;
  }
}

/** @typedef {{body?: unknown, key?: string, headers?: Record<string, string>, timeoutMs?: number, signal?: AbortSignal, accept?: string}} Options */

/**
 * Sends a request and returns the JSON of its answer, or null when it has none. What may be sent
 * twice is sent again when no answer came or the shop was busy: reads, and what has a `key`, which
 * is its Idempotency-Key. Raises RequestError.
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function request(method, path, options = {}) {
  return (await requestVersion(method, path, options)).value;
}

/**
 * Does what `request` does, and returns the `etag` of the answer, too, for `If-Match`.
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<{value: any, etag: string}>}
 */
export async function requestVersion(method, path, options = {}) {
  const isSafe = method === "GET" || options.key !== undefined;
  for (const pause of isSafe ? PAUSES_MS : []) {
    try {
      return await once(method, path, options);
    } catch (error) {
      if (!(error instanceof RequestError) || options.signal?.aborted || !mayPass(error))
        throw error;
      await waited(Math.max(pause, (error.retryAfter ?? 0) * 1000), options.signal);
    }
  }
  return once(method, path, options);
}

/** Makes the key of one order or the like; the same key never places two. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {RequestError} error */
function mayPass({ status, retryAfter = 0 }) {
  return (status === 0 || PASSING.has(status)) && retryAfter * 1000 <= LONGEST_PAUSE_MS;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 */
async function once(
  method,
  path,
  { body, key, headers = {}, timeoutMs = TIMEOUT_MS, signal, accept },
) {
  const timeout = AbortSignal.timeout(timeoutMs);
  /** @type {Record<string, string>} */
  const sent = { Accept: accept ?? "application/json", ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  if (key !== undefined) sent["Idempotency-Key"] = key;
  try {
    const answer = await fetch(path, {
      method,
      headers: sent,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      cache: "no-store",
    });
    const text = await answer.text();
    if (!answer.ok) throw new RequestError(problem(answer, text));
    const value = text ? JSON.parse(text) : null;
    return { value, etag: answer.headers.get("ETag") ?? "" };
  } catch (error) {
    if (error instanceof RequestError || signal?.aborted) throw error;
    const title = navigator.onLine ? t("problem.unanswered") : t("problem.offline");
    throw new RequestError({ status: 0, title, detail: "" });
  }
}

/**
 * @param {Response} answer
 * @param {string} text
 * @returns {Failure}
 */
function problem(answer, text) {
  const seconds = Number(answer.headers.get("Retry-After") ?? NaN);
  const shared = {
    status: answer.status,
    ...(Number.isFinite(seconds) ? { retryAfter: seconds } : {}),
  };
  try {
    const { type, title, detail, errors } = JSON.parse(text);
    return { ...shared, type, title, detail, errors };
  } catch {
    return { ...shared, title: t("problem.broken", { status: String(answer.status) }) };
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<void>}
 */
function waited(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("given up", "AbortError"));
    });
  });
}
