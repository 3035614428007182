/**
 * JSON over HTTP with the live pass, in the API's envelope.
 *
 * A call that meets a 401 waits for the one renewal that is running (or starts it) and is sent
 * once more; a second 401 is the caller's to see. So is a renewal that failed for now (no network, a
 * busy server): it is that failure, worth asking again, and not a 401, which is final.
 */
import { gettext } from "./i18n.js";

const TIMEOUT_MS = 10_000;

/** What the API refused. `status` is 0 when no answer came. */
export class ApiError extends Error {
  constructor({ status, code, message, fields = {}, until = null, retryAfterSeconds = null }) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.until = until;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Seconds of a Retry-After header, which is a number or a date; null without one. */
export function retryAfterSeconds(header, now = Date.now()) {
  if (!header) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000));
}

export class ApiClient {
  /** `pass` gives `token` and `renew(usedToken)`; `fetch` and `timeout` are the browser's unless given. */
  constructor({ pass, fetch = globalThis.fetch.bind(globalThis), timeout = timeoutSignal }) {
    this.pass = pass;
    this.fetch = fetch;
    this.timeout = timeout;
  }

  get(url) {
    return this.#send(url, { method: "GET" });
  }

  post(url, body = {}) {
    return this.#write("POST", url, body);
  }

  put(url, body) {
    return this.#write("PUT", url, body);
  }

  patch(url, body) {
    return this.#write("PATCH", url, body);
  }

  delete(url) {
    return this.#send(url, { method: "DELETE" });
  }

  #write(method, url, body) {
    return this.#send(url, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  }

  async #send(url, request) {
    const used = this.pass.token;
    const first = await this.#once(url, request, used);
    if (first.status !== 401) return readAnswer(first);
    let renewed;
    try {
      renewed = await this.pass.renew(used);
    } catch (error) {
      if (!this.pass.lost) throw error;
      return readAnswer(first);
    }
    return readAnswer(await this.#once(url, request, renewed));
  }

  async #once(url, request, token) {
    const headers = { Accept: "application/json", ...request.headers, Authorization: `Bearer ${token}` };
    return fetchAnswer(this.fetch, url, { ...request, headers, signal: this.timeout() });
  }
}

const timeoutSignal = () => AbortSignal.timeout(TIMEOUT_MS);

/** `fetch` whose failure to get any answer is an ApiError too. */
export async function fetchAnswer(fetch, url, request) {
  try {
    return await fetch(url, { credentials: "same-origin", ...request });
  } catch {
    throw new ApiError({ status: 0, code: "network", message: gettext("We can't reach the server.") });
  }
}

/** The envelope's data; null for an answer without a body. Throws ApiError for a refusal. */
export async function readAnswer(response) {
  if (response.status === 204) return null;
  const envelope = await response.json().catch(() => null);
  if (response.ok && envelope?.success) return envelope.data;
  throw new ApiError({
    status: response.status,
    code: envelope?.code ?? "unreadable",
    message: envelope?.error ?? gettext("The server's answer could not be read."),
    fields: envelope?.fields,
    until: envelope?.until,
    retryAfterSeconds: retryAfterSeconds(response.headers.get("Retry-After")),
  });
}
