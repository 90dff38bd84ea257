/** JSON over fetch: one deadline for every call and one error class that says what went wrong. */

const KIND_BY_STATUS = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'absent',
  409: 'conflict',
  413: 'too_large',
  422: 'invalid',
  429: 'throttled',
  501: 'absent',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/**
 * `kind` is one of network, timeout, invalid, unauthorized, absent, conflict, too_large,
 * throttled, unavailable, failed. `retryAfterSeconds` is null when the server named no time.
 */
export class ApiError extends Error {
  constructor({ kind, status = 0, detail = '', fields = {}, retryAfterSeconds = null, body = {} }) {
    super(detail || kind);
    this.name = 'ApiError';
    this.kind = kind;
    this.status = status;
    this.detail = detail;
    this.fields = fields;
    this.retryAfterSeconds = retryAfterSeconds;
    this.body = body;
  }
}

export function kindOfStatus(status) {
  return KIND_BY_STATUS[status] ?? 'failed';
}

/** Retry-After is either a number of seconds or an HTTP date (RFC 9110, 10.2.3). */
export function readRetryAfter(headers, now = Date.now()) {
  const raw = headers.get('Retry-After');
  if (!raw) return null;
  if (/^\d+$/.test(raw.trim())) return Number(raw);
  const at = Date.parse(raw);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}

export async function errorFromResponse(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // A proxy in between answers in HTML; the status alone decides then.
  }
  return new ApiError({
    kind: kindOfStatus(response.status),
    status: response.status,
    detail: typeof body?.detail === 'string' ? body.detail : '',
    fields: body?.fields ?? {},
    retryAfterSeconds: readRetryAfter(response.headers),
    body: body ?? {},
  });
}

/** Returns `request(path, options)`; it resolves to the parsed body, or null for an empty one. */
export function createRequest({ fetch: send = (...args) => globalThis.fetch(...args), baseUrl, timeoutMs }) {
  return async function request(path, { method = 'GET', body, headers = {}, signal } = {}) {
    const deadline = new AbortController();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      deadline.abort();
    }, timeoutMs);
    const giveUp = () => deadline.abort();
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp);
    try {
      const response = await send(baseUrl + path, {
        method,
        headers: {
          Accept: 'application/json',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: 'no-store',
        credentials: 'same-origin',
        signal: deadline.signal,
      });
      if (!response.ok) throw await errorFromResponse(response);
      const text = await response.text();
      return text ? JSON.parse(text) : null;
    } catch (error) {
      if (error instanceof ApiError || signal?.aborted) throw error;
      if (error instanceof SyntaxError) throw new ApiError({ kind: 'failed', detail: 'unreadable answer' });
      throw new ApiError({ kind: timedOut ? 'timeout' : 'network' });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  };
}
