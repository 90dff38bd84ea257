/** What a call of the API can fail with: one error class, whose `kind` decides what happens next. */

export type FailureKind =
  | 'network'
  | 'timeout'
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'absent'
  | 'conflict'
  | 'too_large'
  | 'challenged'
  | 'throttled'
  | 'unavailable'
  | 'failed';

const KIND_BY_STATUS: Readonly<Record<number, FailureKind>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'absent',
  409: 'conflict',
  413: 'too_large',
  422: 'invalid',
  428: 'challenged',
  429: 'throttled',
  501: 'absent',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/** Work that the server asks for before it takes a form (src/api/challenge.ts does it). */
export interface Challenge {
  challenge: string;
  bits: number;
}

interface Failure {
  kind: FailureKind;
  status?: number;
  detail?: string;
  fields?: Readonly<Record<string, string>>;
  retryAfterSeconds?: number | null;
  ownerName?: string;
  questions?: readonly string[];
  challenge?: Challenge | null;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: FailureKind;
  /** 0 when no answer came. */
  readonly status: number;
  readonly detail: string;
  /** Why each field was refused, by the field's name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Null when the server named no time. */
  readonly retryAfterSeconds: number | null;
  /** Who has the conversation that a conflict is about; '' when it is about something else. */
  readonly ownerName: string;
  /** Questions that would lose their answer, where that is the conflict. */
  readonly questions: readonly string[];
  /** What has to be solved before the same call is taken; null where nothing has. */
  readonly challenge: Challenge | null;

  constructor({
    kind,
    status = 0,
    detail = '',
    fields = {},
    retryAfterSeconds = null,
    ownerName = '',
    questions = [],
    challenge = null,
  }: Failure) {
    super(detail || kind);
    this.kind = kind;
    this.status = status;
    this.detail = detail;
    this.fields = fields;
    this.retryAfterSeconds = retryAfterSeconds;
    this.ownerName = ownerName;
    this.questions = questions;
    this.challenge = challenge;
  }
}

/** Turns whatever was thrown into an ApiError; what isn't one already is a failure of our own. */
export function asApiError(thrown: unknown): ApiError {
  return thrown instanceof ApiError ? thrown : new ApiError({ kind: 'failed' });
}

/** Retry-After is either a number of seconds or an HTTP date (RFC 9110, 10.2.3). */
export function readRetryAfter(headers: Headers, now = Date.now()): number | null {
  const raw = headers.get('Retry-After');
  if (!raw) return null;
  if (/^\d+$/.test(raw.trim())) return Number(raw);
  const at = Date.parse(raw);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}

/** Reads {error, detail, fields} of a refused call. A proxy in between may answer in HTML: then the status alone decides. */
export async function errorFromResponse(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const isObject = typeof body === 'object' && body !== null;
  const text = (name: 'detail' | 'owner_name') => {
    const value = isObject && name in body ? (body as Record<string, unknown>)[name] : '';
    return typeof value === 'string' ? value : '';
  };
  return new ApiError({
    kind: KIND_BY_STATUS[response.status] ?? 'failed',
    status: response.status,
    detail: text('detail'),
    fields: isObject && 'fields' in body ? textsOf(body.fields) : {},
    retryAfterSeconds: readRetryAfter(response.headers),
    ownerName: text('owner_name'),
    questions: isObject && 'questions' in body && Array.isArray(body.questions) ? body.questions.map(String) : [],
    challenge: isObject ? challengeOf(body) : null,
  });
}

function challengeOf(body: object): Challenge | null {
  const { challenge, bits } = body as Record<string, unknown>;
  return typeof challenge === 'string' && typeof bits === 'number' ? { challenge, bits } : null;
}

function textsOf(fields: unknown): Record<string, string> {
  if (typeof fields !== 'object' || fields === null) return {};
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
