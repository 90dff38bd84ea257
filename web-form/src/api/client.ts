/** Calls the API. Paths, parameters, bodies and answers are typed by its OpenAPI document (`make api-types`). */
import { ApiError, asApiError, errorFromResponse } from './errors';
import type { paths } from './schema';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The paths that have this method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never;
}[keyof paths];

type Operation<P extends keyof paths, M extends Method> = paths[P][M];
type Json<Body> = { content: { 'application/json': Body } };
type BodyOption<O> = O extends { requestBody?: undefined }
  ? { body?: undefined }
  : O extends { requestBody: Json<infer Body> }
    ? { body: Body }
    : O extends { requestBody: { content: { 'multipart/form-data': unknown } } }
      ? { body: FormData }
      : O extends { requestBody?: Json<infer Body> }
        ? { body?: Body }
        : never;
type ParameterOptions<O> = O extends { parameters: infer Parameters }
  ? Pick<Parameters, keyof Parameters & ('path' | 'query' | 'header')>
  : never;

export type CallOptions<P extends keyof paths, M extends Method> = ParameterOptions<Operation<P, M>> &
  BodyOption<Operation<P, M>> & {
    signal?: AbortSignal;
    /** For a call that may take longer than others. */
    timeoutMs?: number;
  };

/** The options of a call as its last argument: left out where nothing in them is needed. */
export type OptionsArgument<Options> = Record<never, never> extends Options ? [options?: Options] : [options: Options];

/** What a call that went well answers; undefined where it has no JSON body. */
export type Answer<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer Responses }
    ? Responses[keyof Responses & (200 | 201 | 202 | 204)] extends Json<infer Body>
      ? Body
      : undefined
    : never;

type Call<M extends Method> = <P extends PathOf<M>>(
  path: P,
  ...options: OptionsArgument<CallOptions<P, M>>
) => Promise<Answer<P, M>>;

/** Every call rejects with an ApiError and with nothing else, unless its own signal was aborted. */
export interface Client {
  get: Call<'get'>;
  post: Call<'post'>;
  put: Call<'put'>;
  patch: Call<'patch'>;
  delete: Call<'delete'>;
  /** Resolves once the answer has begun; its body is read without a deadline. */
  open: <P extends PathOf<'get'>>(
    path: P,
    ...options: OptionsArgument<CallOptions<P, 'get'>>
  ) => Promise<ReadableStream<Uint8Array>>;
}

export interface ClientOptions {
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  timeoutMs?: number;
  /** Told of every refusal before the call rejects with it. */
  onRefused?: (error: ApiError) => void;
}

type Scalar = string | number | boolean | null | undefined;
interface LooseOptions {
  path?: Record<string, Scalar>;
  query?: Record<string, Scalar>;
  header?: Record<string, Scalar>;
  body?: unknown;
  signal?: AbortSignal;
  timeoutMs?: number;
}

function addressOf(path: string, { path: inPath = {}, query = {} }: LooseOptions): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(inPath[name])));
  const search = new URLSearchParams(textsOf(query)).toString();
  return search ? `${filled}?${search}` : filled;
}

/** Leaves out what has no value. */
function textsOf(values: Record<string, Scalar>): Record<string, string> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

export function createClient({
  fetch: send = (url, init) => globalThis.fetch(url, init),
  timeoutMs = 30_000,
  onRefused,
}: ClientOptions = {}): Client {
  async function answer<T>(
    method: Uppercase<Method>,
    path: string,
    options: LooseOptions,
    accept: string,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { body, header = {}, signal } = options;
    const isForm = body instanceof FormData;
    const deadline = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      deadline.abort();
    }, options.timeoutMs ?? timeoutMs);
    const giveUp = () => deadline.abort();
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp);
    try {
      const response = await send(addressOf(path, options), {
        method,
        headers: {
          Accept: accept,
          // The browser names the boundary of a form itself.
          ...(body === undefined || isForm ? {} : { 'Content-Type': 'application/json' }),
          ...textsOf(header),
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
        cache: 'no-store',
        credentials: 'same-origin',
        signal: deadline.signal,
      });
      if (!response.ok) {
        const refusal = await errorFromResponse(response);
        onRefused?.(refusal);
        throw refusal;
      }
      return await read(response);
    } catch (thrown) {
      if (thrown instanceof ApiError || signal?.aborted) throw thrown;
      if (thrown instanceof SyntaxError) throw new ApiError({ kind: 'failed', detail: 'unreadable answer' });
      throw new ApiError({ kind: isLate ? 'timeout' : 'network' });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  const readJson = async (response: Response): Promise<unknown> => {
    const text = await response.text();
    return text ? JSON.parse(text) : undefined;
  };

  // The one place where the types of the document are taken at their word.
  const caller = <M extends Method>(method: Uppercase<M>): Call<M> =>
    ((path: string, options: LooseOptions = {}) =>
      answer(method, path, options, 'application/json', readJson)) as unknown as Call<M>;

  return {
    get: caller<'get'>('GET'),
    post: caller<'post'>('POST'),
    put: caller<'put'>('PUT'),
    patch: caller<'patch'>('PATCH'),
    delete: caller<'delete'>('DELETE'),
    open: (path, ...[options]) =>
      answer('GET', path, (options ?? {}) as LooseOptions, 'text/event-stream', async (response) => {
        if (!response.body) throw asApiError(null);
        return response.body;
      }),
  };
}
