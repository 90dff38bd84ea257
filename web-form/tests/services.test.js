import { describe, expect, it } from 'vitest';

import { createApi } from '../src/services/api';
import { createEventParser } from '../src/services/eventStream';
import { explainFailure } from '../src/services/failures';
import { forgetKey, keyFor } from '../src/services/idempotency';
import { parseReference } from '../src/services/ticketReference';
import { fakeServer, held, jsonResponse } from './fakeServer';

describe('api', () => {
  it('sends the form with its idempotency key', async () => {
    const server = fakeServer({ 'POST /support/form': () => jsonResponse(201, { ticket_id: 'TKT-7F3K9QXA' }) });
    const answer = await createApi({ fetch: server.fetch }).submitForm({ name: 'Dana' }, 'key-1');
    expect(answer.ticket_id).toBe('TKT-7F3K9QXA');
    expect(server.requests[0].headers['Idempotency-Key']).toBe('key-1');
    expect(server.requests[0].body).toEqual({ name: 'Dana' });
  });

  it('keeps the token out of the address', async () => {
    const server = fakeServer({ 'GET /tickets/TKT-7F3K9QXA': () => jsonResponse(200, {}) });
    await createApi({ fetch: server.fetch }).getTicket('TKT-7F3K9QXA', 'secret');
    expect(server.requests[0].headers['X-Ticket-Token']).toBe('secret');
    expect([...server.requests[0].query.keys()]).toEqual([]);
  });

  it.each([
    [400, {}, 'invalid'],
    [404, {}, 'absent'],
    [409, {}, 'conflict'],
    [413, {}, 'too_large'],
    [429, { 'Retry-After': '7' }, 'throttled'],
    [500, {}, 'failed'],
    [503, { 'Retry-After': '9' }, 'unavailable'],
  ])('turns %i into one kind of error', async (status, headers, kind) => {
    const server = fakeServer({
      'POST /support/form': () => jsonResponse(status, { error: 'x', detail: 'why', fields: { name: 'no' } }, headers),
    });
    const error = await createApi({ fetch: server.fetch })
      .submitForm({}, 'k')
      .catch((caught) => caught);
    expect(error).toMatchObject({ kind, status, detail: 'why', fields: { name: 'no' } });
    expect(error.retryAfterSeconds).toBe(headers['Retry-After'] ? Number(headers['Retry-After']) : null);
  });

  it('reads a failure that is no JSON', async () => {
    const fetch = async () => new Response('<h1>Bad gateway</h1>', { status: 502 });
    await expect(createApi({ fetch }).getTicket('TKT-7F3K9QXA', 't')).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('tells a server that is down from one that is late', async () => {
    const down = createApi({ fetch: () => Promise.reject(new TypeError('Failed to fetch')) });
    await expect(down.submitForm({}, 'k')).rejects.toMatchObject({ kind: 'network' });
    const server = fakeServer({ 'POST /support/form': () => held().promise });
    const late = createApi({ fetch: server.fetch, timeoutMs: 5 });
    await expect(late.submitForm({}, 'k')).rejects.toMatchObject({ kind: 'timeout' });
  });
});

describe('idempotency key', () => {
  it('stays the same for the same text, also after a reload', () => {
    expect(keyFor('slot', { message: 'one' })).toBe(keyFor('slot', { message: 'one' }));
  });

  it('changes with the text and after success', () => {
    const first = keyFor('slot', { message: 'one' });
    const second = keyFor('slot', { message: 'two' });
    expect(second).not.toBe(first);
    forgetKey('slot');
    expect(keyFor('slot', { message: 'two' })).not.toBe(second);
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('ticket reference', () => {
  it.each([
    ['https://example.com/ticket/#TKT-7F3K9QXA.ab_c-1', { ticketId: 'TKT-7F3K9QXA', token: 'ab_c-1' }],
    ['tkt-7f3k9qxa', { ticketId: 'TKT-7F3K9QXA', token: '' }],
    ['TKT-7F3K9QXA.a.b', { ticketId: 'TKT-7F3K9QXA', token: 'a.b' }],
    ['TKT-12', null],
    ['', null],
  ])('reads %s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });
});

describe('event parser', () => {
  it('puts events together from pieces, and skips heartbeats', () => {
    const parse = createEventParser();
    expect(parse(': heartbeat\n\nevent: tic')).toEqual([]);
    expect(parse('ket\r\ndata: {"a":\r')).toEqual([]);
    expect(parse('\ndata: 1}\n\n')).toEqual([{ event: 'ticket', data: '{"a":\n1}' }]);
    expect(parse('data: x\n\n')).toEqual([{ event: 'message', data: 'x' }]);
  });
});

describe('explainFailure', () => {
  it.each(['network', 'timeout', 'too_large', 'throttled', 'unavailable', 'failed'])('says that text is kept after %s', (kind) => {
    expect(explainFailure({ kind }).advice).toContain('still here');
  });

  it('names the time that the server asked for', () => {
    expect(explainFailure({ kind: 'throttled', retryAfterSeconds: 23 }).advice).toContain('in 23 seconds');
    expect(explainFailure({ kind: 'unavailable', retryAfterSeconds: 300 }).advice).toContain('5 minutes');
  });
});
