import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';

import { solve } from '../src/api/challenge';
import { createCustomerApi } from '../src/api/customer';
import type { SupportRequest } from '../src/api/types';
import { fakeServer, jsonResponse, type FakeRequest } from './fakeServer';

const SUBMIT = 'POST /support/form';
const FORM: SupportRequest = {
  name: 'Dana',
  email: 'dana@example.com',
  subject: 'Reset link',
  category: 'technical',
  priority: 'medium',
  message: 'Kein Link für Zürich.',
};
const refused = (challenge = 'c1', bits = 8) => jsonResponse(428, { error: 'challenge_required', detail: 'Solve it.', challenge, bits });
const created = () => jsonResponse(201, { ticket_id: 'TKT-7F3K9QXA' });

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest();

/** As the server checks it: the bits that the solution of a request brings. */
function bitsOf({ headers, body }: FakeRequest): number {
  const [challenge, number] = (headers.get('Challenge-Solution') ?? '').split(':');
  const seed = sha256(`${challenge}\n${headers.get('Idempotency-Key')}\n${JSON.stringify(body)}`);
  return Math.clz32(sha256(Buffer.concat([seed, Buffer.from(number ?? '')])).readUInt32BE(0));
}

describe('solve', () => {
  it('finds the number that the server finds too', async () => {
    // The same case as in tests/unit/test_form_challenge.py.
    expect(await solve({ challenge: '1800000300.12.00ff', bits: 12 }, 'key-1', '{"message":"Zürich"}')).toBe('1800000300.12.00ff:168');
  });

  it('lets the page work in between', async () => {
    let isDone = false;
    let turns = 0;
    const work = solve({ challenge: 'c', bits: 16 }, 'key', 'body').then(() => (isDone = true));
    while (!isDone) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      turns += 1;
    }
    await work;
    expect(turns).toBeGreaterThan(1);
  });
});

describe('submitForm', () => {
  const submit = (handler: (request: FakeRequest) => Response) => {
    const server = fakeServer({ [SUBMIT]: handler });
    const api = createCustomerApi({ fetch: server.fetch });
    return { outcome: api.submitForm(FORM, 'key-1'), sent: () => server.asked('POST', '/support/form') };
  };

  it('brings the solution to a challenge with the same form and key', async () => {
    const { outcome, sent } = submit(({ headers }) => (headers.has('Challenge-Solution') ? created() : refused()));
    expect(await outcome).toEqual({ ticket_id: 'TKT-7F3K9QXA' });
    const [first, second] = sent();
    expect(sent()).toHaveLength(2);
    expect(second?.body).toEqual(first?.body);
    expect(second?.headers.get('Idempotency-Key')).toBe('key-1');
    expect(second && bitsOf(second)).toBeGreaterThanOrEqual(8);
  });

  it('solves another one where the first has ended', async () => {
    const { outcome, sent } = submit(({ headers }) =>
      headers.get('Challenge-Solution')?.startsWith('c2:') ? created() : refused(headers.has('Challenge-Solution') ? 'c2' : 'c1'),
    );
    await outcome;
    expect(sent()).toHaveLength(3);
  });

  it('gives up after a few, so that the page can say so', async () => {
    const { outcome, sent } = submit(() => refused());
    await expect(outcome).rejects.toMatchObject({ kind: 'challenged', status: 428 });
    expect(sent()).toHaveLength(3);
  });

  it('works at nothing where the server asks for nothing', async () => {
    const digest = vi.fn();
    vi.doMock('@noble/hashes/sha2.js', () => ({ sha256: digest }));
    const { outcome, sent } = submit(created);
    await outcome;
    expect(sent()).toHaveLength(1);
    expect(sent()[0]?.headers.has('Challenge-Solution')).toBe(false);
    expect(digest).not.toHaveBeenCalled();
    vi.doUnmock('@noble/hashes/sha2.js');
  });
});
