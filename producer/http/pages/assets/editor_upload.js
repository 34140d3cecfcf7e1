// Sends a photo by the form that the shop gives, and says how far that is.

import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";

/** @typedef {{url: string, fields: Record<string, string>}} UploadForm */

const LARGEST = 20 * 2 ** 20;
const SENDING_MS = 10 * 60_000;
const TRIES = 3;
const PAUSE_MS = 2000;

/**
 * Sends a file as an item's photo. Raises RequestError.
 * @param {string} item
 * @param {File} file
 * @param {(share: number) => void} sent is called with the share that was sent, from 0 to 1
 * @returns {Promise<string>} the version id of the upload
 */
export async function uploadPhoto(item, file, sent) {
  if (file.size > LARGEST) throw failure(t("editor_photo.too_large"));
  const form = await request("POST", `/menu/items/${item}/photo`);
  for (let tries = 1; ; tries += 1) {
    try {
      return await posted(form, file, sent);
    } catch (error) {
      const isBusy = error instanceof RequestError && [429, 503].includes(error.status);
      if (!isBusy || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tries));
    }
  }
}

/**
 * @param {UploadForm} form
 * @param {File} file
 * @param {(share: number) => void} sent
 * @returns {Promise<string>}
 */
function posted({ url, fields }, file, sent) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  data.append("file", file, "photo"); // its own name says nothing to the shop
  const sending = new XMLHttpRequest(); // fetch does not say how much was sent
  sending.timeout = SENDING_MS;
  return new Promise((resolve, reject) => {
    sending.upload.onprogress = ({ loaded, total }) => sent(total ? loaded / total : 0);
    sending.onload = () => {
      const { status } = sending;
      if (status >= 200 && status < 300)
        resolve(sending.getResponseHeader("x-amz-version-id") ?? "");
      else reject(failure(reasonIn(sending.responseText) ?? t("editor_photo.not_sent"), status));
    };
    sending.onerror = sending.ontimeout = () => reject(failure(t("editor_photo.not_sent")));
    sending.open("POST", url);
    sending.send(data);
  });
}

/** @param {string} answer */
function reasonIn(answer) {
  try {
    const { detail, title } = JSON.parse(answer);
    return String(detail ?? title);
  } catch {
    return null;
  }
}

/**
 * @param {string} title
 * @param {number} [status]
 */
function failure(title, status = 0) {
  return new RequestError({ status, title });
}
