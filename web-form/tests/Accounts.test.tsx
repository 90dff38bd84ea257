import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { createStaffClient, type CreateStaffClient } from '../src/api/staff';
import type { Schemas } from '../src/api/types';
import { Console } from '../src/console/Console';
import { expectAccessible } from './expectAccessible';
import { fakeServer, jsonResponse } from './fakeServer';

const AT = '2026-01-05T10:00:00Z';
const KEY = 'staff_0123456789abcdef_secret';
const account = (id: string, name: string, more: Partial<Schemas['AccountView']> = {}): Schemas['AccountView'] => ({
  id,
  name,
  email: null,
  role: 'agent',
  signs_in_by: 'key',
  created_at: AT,
  last_seen_at: null,
  withdrawn_at: null,
  ...more,
});

function show() {
  const state = { accounts: [account('a1', 'Marek'), account('a2', 'Lee', { signs_in_by: 'provider', email: 'lee@acme.example' })] };
  const server = fakeServer({
    'GET /staff/session': () => jsonResponse(200, { name: 'Ines', role: 'admin', account_id: null }),
    'GET /staff/accounts': ({ query }) =>
      jsonResponse(200, { accounts: state.accounts.filter((one) => (one.withdrawn_at !== null) === (query.get('withdrawn') === 'true')) }),
    'POST /staff/accounts': ({ body }) => {
      const added = account('a3', (body as { name: string }).name);
      state.accounts = [...state.accounts, added];
      return jsonResponse(201, { ...added, key: KEY });
    },
    'POST /staff/accounts/a1/rotate': () => jsonResponse(200, { ...account('a1', 'Marek'), key: KEY }),
    'PATCH /staff/accounts/a1': () => jsonResponse(200, account('a1', 'Marek', { role: 'editor' })),
    'DELETE /staff/accounts/a1': () => {
      state.accounts = state.accounts.map((one) => (one.id === 'a1' ? { ...one, withdrawn_at: AT } : one));
      return new Response(null, { status: 204 });
    },
  });
  window.location.hash = '#/accounts';
  const createClient: CreateStaffClient = (options) => createStaffClient({ ...options, fetch: server.fetch });
  const view = render(<Console createClient={createClient} pollMs={20} />);
  return { server, state, user: userEvent.setup(), ...view };
}

const rowOf = async (name: string) => {
  const found = (await screen.findAllByRole('listitem')).find((row) => row.textContent?.startsWith(name));
  if (!found) throw new Error(`no account ${name}`);
  return within(found);
};

describe('accounts', () => {
  it('shows a new key once, to be copied and put away', async () => {
    const { user, server, container } = show();
    await rowOf('Marek');
    await user.type(screen.getByLabelText('Name'), 'Ada');
    await user.selectOptions(screen.getByLabelText('Role'), 'editor');
    await user.click(screen.getByRole('button', { name: 'Add and show the key' }));
    expect(await screen.findByRole('heading', { name: 'The key of Ada' })).toHaveFocus();
    expect(server.asked('POST', '/staff/accounts')[0]?.body).toEqual({ name: 'Ada', email: null, role: 'editor' });
    await expectAccessible(container);
    await user.click(screen.getByRole('button', { name: 'Copy the key' }));
    expect(await navigator.clipboard.readText()).toBe(KEY);
    await user.click(screen.getByRole('button', { name: 'Put it away' }));
    expect(container).not.toHaveTextContent(KEY);
    expect(await rowOf('Ada')).toBeDefined();
    expect(JSON.stringify({ ...window.sessionStorage, ...window.localStorage })).not.toContain(KEY);
  });

  it('changes a role, and leaves those of the identity provider to it', async () => {
    const { user, server } = show();
    await user.selectOptions((await rowOf('Marek')).getByLabelText('Role of Marek'), 'editor');
    await waitFor(() => expect(server.asked('PATCH', '/staff/accounts/a1')[0]?.body).toEqual({ role: 'editor' }));
    const lee = await rowOf('Lee');
    expect(lee.queryByLabelText('Role of Lee')).not.toBeInTheDocument();
    expect(lee.queryByRole('button', { name: 'New key…' })).not.toBeInTheDocument();
  });

  it('makes a new key only when told so twice', async () => {
    const { user, server } = show();
    await user.click((await rowOf('Marek')).getByRole('button', { name: 'New key…' }));
    expect(server.asked('POST', '/staff/accounts/a1/rotate')).toHaveLength(0);
    await user.click((await rowOf('Marek')).getByRole('button', { name: 'Make it' }));
    expect(await screen.findByText(KEY)).toBeInTheDocument();
  });

  it('withdraws an account, which stays among the withdrawn', async () => {
    const { user } = show();
    await user.click((await rowOf('Marek')).getByRole('button', { name: 'Withdraw…' }));
    await user.click((await rowOf('Marek')).getByRole('button', { name: 'Withdraw' }));
    await waitFor(() => expect(screen.queryByText('Marek')).not.toBeInTheDocument());
    await user.click(screen.getByRole('button', { name: 'Withdrawn' }));
    expect((await rowOf('Marek')).queryByRole('button')).not.toBeInTheDocument();
  });
});
