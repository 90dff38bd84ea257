import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { createStaffClient, type CreateStaffClient, type Role } from '../src/api/staff';
import type { Schemas } from '../src/api/types';
import { Console } from '../src/console/Console';
// Loaded before the first test, whose patience would otherwise go into compiling them.
import '../src/console/ConsoleShell';
import '../src/console/knowledge/KnowledgePage';
import '../src/console/queue/QueuePage';
import { expectAccessible } from './expectAccessible';
import { fakeServer, jsonResponse, type Routes } from './fakeServer';

const AT = '2026-01-05T10:00:00Z';
const WAITING: Schemas['QueueLine'] = {
  id: 'c1',
  ticket_id: 'TKT-7F3K9QXA',
  customer_name: 'Dana Whitfield',
  assurance: 'attested',
  channel: 'email',
  status: 'escalated',
  owner: 'human',
  owner_name: null,
  reason: 'refund',
  priority: 'high',
  subject: 'Charged twice',
  last_message_at: AT,
  oldest_unanswered_at: AT,
  sentiment: 0.15,
  sentiment_label: 'upset',
  state: 'waiting_for_person',
  next_move: 'anyone',
  turn_since: AT,
  sla: null,
  unread: 1,
  tags: [],
  snoozed_until: null,
  is_mentioned: false,
  is_spam: false,
};
const COUNTS: Schemas['QueueCounts'] = { waiting: 1, mine: 0, unassigned: 1, snoozed: 0, mentioned: 0, spam: 0, all: 4 };
const said = (id: string, role: string, content: string, sentiment: number | null = null): Schemas['StaffMessage'] => ({
  id,
  role,
  content,
  channel: 'email',
  created_at: AT,
  assurance: role === 'customer' ? 'attested' : null,
  sentiment,
  sentiment_label: sentiment === null ? null : 'upset',
  delivery_state: null,
  kind: 'text',
  attachments: [],
  quoted: null,
  payload: {},
  delivery: null,
  trace_id: null,
});
const detailOf = ({ id, assurance, channel, status, owner, owner_name, subject }: Schemas['QueueLine']): Schemas['StaffConversation'] => ({
  conversation: { id, assurance, channel, status: status === 'resolved' ? 'resolved' : 'open', owner, owner_name, subject, state: status === 'resolved' ? 'resolved' : owner_name ? 'with_person' : 'waiting_for_person', next_move: owner_name ? 'owner' : 'anyone', turn_since: AT, sla: null, continues: null, tags: [], assignee: owner_name, snoozed_until: null, is_spam: false, is_blocked: false, whatsapp_window_ends_at: null },
  ticket: {
    ticket_id: 'TKT-7F3K9QXA',
    subject: 'Charged twice',
    status,
    category: 'billing',
    priority: 'high',
    escalation: { reason: 'refund' },
    created_at: AT,
    updated_at: AT,
    trace_id: null,
  },
  customer: { id: 'u1', name: 'Dana Whitfield', identifiers: [{ kind: 'email', value: 'dana@example.com', assurance: 'claimed' }], merges: [] },
  messages: [said('m1', 'customer', 'You charged me twice.', 0.15)],
  history: [
    { conversation_id: 'c0', role: 'customer', content: 'Hello from WhatsApp', channel: 'whatsapp', created_at: AT, assurance: 'attested' },
  ],
  handover: {
    summary: 'Charged twice in March.',
    reason: 'refund',
    sentiment_curve: [{ at: AT, sentiment: 0.55 }, { at: AT, sentiment: 0.15 }],
    tried: [{ outcome: 'answered', reason: null, model: 'grounded', started_at: AT, searches: ['invoice'], sources: [], tools: [] }],
    sources: [{ title: 'Read your invoice', article_id: 'a1', version: 3 }],
  },
  notes: [],
  also_claimed: [],
});
const ok = (body: unknown = {}) => () => jsonResponse(200, body);

/** The console, signed in as Ines, on the view that `hash` names. */
function show({ hash = '', routes = {}, isSignedIn = true, role = 'admin' }: { hash?: string; routes?: Routes; isSignedIn?: boolean; role?: Role } = {}) {
  const state = { conversation: WAITING, isSignedIn, name: 'Ines' };
  const refused = () => jsonResponse(401, { error: 'unauthorized', detail: 'no session' });
  const server = fakeServer({
    'GET /staff/session': () => (state.isSignedIn ? jsonResponse(200, { name: state.name, role, account_id: null }) : refused()),
    'GET /staff/sign-in': ok({ provider: null, url: null }),
    'POST /staff/session': ({ body }) => {
      state.isSignedIn = (body as { key: string }).key === 'staff-key';
      return state.isSignedIn ? new Response(null, { status: 204 }) : refused();
    },
    'DELETE /staff/session': () => {
      state.isSignedIn = false;
      return new Response(null, { status: 204 });
    },
    'GET /staff/conversations': () => jsonResponse(200, { conversations: [state.conversation], viewer: 'Ines', counts: COUNTS, next_cursor: null }),
    'GET /staff/people': ok({ people: ['Ines', 'Marek'] }),
    'POST /staff/conversations/c1/seen': ok({ status: 'done' }),
    'GET /staff/conversations/c1': () => jsonResponse(200, detailOf(state.conversation)),
    ...routes,
  });
  window.location.hash = hash;
  const createClient: CreateStaffClient = (options) => createStaffClient({ ...options, fetch: server.fetch });
  const view = render(<Console createClient={createClient} pollMs={20} />);
  return { state, server, user: userEvent.setup(), ...view };
}

describe('signing in', () => {
  it('opens a session and keeps no key', async () => {
    const { user, server, container } = show({ isSignedIn: false });
    await screen.findByLabelText('Staff key');
    await expectAccessible(container);
    await user.type(screen.getByLabelText('Staff key'), ' staff-key ');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('heading', { name: 'Queue' })).toBeInTheDocument();
    expect(server.asked('POST', '/staff/session')[0]?.body).toEqual({ key: 'staff-key' });
    expect(server.requests.every(({ headers }) => !headers.has('Authorization'))).toBe(true);
    expect(window.localStorage).toHaveLength(0);
    expect(JSON.stringify(window.sessionStorage)).not.toContain('staff-key');
  });

  it('refuses a wrong key', async () => {
    const { user } = show({ isSignedIn: false });
    await user.type(await screen.findByLabelText('Staff key'), 'wrong');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('not accepted');
  });

  it('offers the identity provider, which leads back to the same page', async () => {
    const { container } = show({
      isSignedIn: false,
      hash: '#/queue/c1',
      routes: { 'GET /staff/sign-in': ok({ provider: 'Acme', url: 'https://support.example/api/v1/staff/oidc/login' }) },
    });
    const link = await screen.findByRole('link', { name: 'Sign in with Acme' });
    expect(link).toHaveAttribute('href', 'https://support.example/api/v1/staff/oidc/login?then=queue%2Fc1');
    expect(link).not.toHaveAttribute('target');
    await expectAccessible(container);
  });

  it('says why the identity provider let nobody in, once', async () => {
    window.history.replaceState(null, '', '/?refused=no_role');
    show({ isSignedIn: false });
    expect(await screen.findByText(/has no role here/)).toBeInTheDocument();
    expect(window.location.search).toBe('');
  });

  it('signs out on the server', async () => {
    const { user, server } = show();
    await user.click(await screen.findByRole('button', { name: 'Sign out' }));
    expect(await screen.findByLabelText('Staff key')).toBeInTheDocument();
    expect(server.asked('DELETE', '/staff/session')).toHaveLength(1);
  });

  it('stays signed in and says so when signing out does not get through', async () => {
    const { user } = show({ routes: { 'DELETE /staff/session': () => Promise.reject(new TypeError('offline')) } });
    await user.click(await screen.findByRole('button', { name: 'Sign out' }));
    expect(await screen.findByText('The server cannot be reached')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Sign out' })).toBeInTheDocument();
  });
});

describe('a session that ends', () => {
  const mine = { ...WAITING, owner: 'human' as const, owner_name: 'Ines' };
  async function end() {
    const shown = show({ hash: '#/queue/c1' });
    shown.state.conversation = mine;
    await shown.user.type(await screen.findByRole('textbox', { name: /^Reply by/ }), 'We looked into it');
    shown.state.isSignedIn = false;
    shown.server.routes['GET /staff/conversations/c1'] = () =>
      shown.state.isSignedIn ? jsonResponse(200, detailOf(mine)) : jsonResponse(401, { error: 'unauthorized', detail: 'over' });
    const dialog = await screen.findByRole('dialog', { name: 'Staff console' });
    return { ...shown, dialog };
  }

  it('is asked for again over the page, and what was written is still there', async () => {
    const { user, dialog, container } = await end();
    expect(dialog).toHaveTextContent('what you wrote is still here');
    expect(container.querySelector('.console-page')).toHaveAttribute('inert');
    await expectAccessible(container);
    await user.type(within(dialog).getByLabelText('Staff key'), 'staff-key');
    await user.click(within(dialog).getByRole('button', { name: 'Sign in' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(screen.getByRole('textbox', { name: /^Reply by/ })).toHaveValue('We looked into it');
    expect(container.querySelector('.console-page')).not.toHaveAttribute('inert');
  });

  it('goes on by itself once another tab has signed in', async () => {
    const { state } = await end();
    state.isSignedIn = true;
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument(), { timeout: 10_000 });
    expect(screen.getByRole('textbox', { name: /^Reply by/ })).toHaveValue('We looked into it');
  });
});

describe('what a role may not do', () => {
  it('is not offered to who only reads', async () => {
    const { server } = show({ hash: '#/queue/c1', role: 'viewer' });
    expect(await screen.findByRole('heading', { name: 'Charged twice' })).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Take' })).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /Add a note/ })).not.toBeInTheDocument();
    for (const page of ['Company', 'Going live', 'Accounts']) expect(screen.queryByRole('link', { name: page })).not.toBeInTheDocument();
    expect(server.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('is said on a page that was typed into the address', async () => {
    const { server } = show({ hash: '#/accounts', role: 'editor' });
    expect(await screen.findByText('This page takes the role admin. Administrators give roles out.')).toBeInTheDocument();
    expect(server.asked('GET', '/staff/accounts')).toHaveLength(0);
  });
});

describe('a page that the role does not allow', () => {
  it('says so, and leaves the rest of the console as it is', async () => {
    const { container } = show({
      hash: '#dead-letters',
      routes: { 'GET /staff/dead-letters': () => jsonResponse(403, { error: 'forbidden', detail: 'Only administrators see these.' }) },
    });
    expect(await screen.findByText('Only administrators see these.')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Queue' })).toBeInTheDocument();
    await expectAccessible(container);
  });
});

describe('queue', () => {
  it('shows what waits, why, and who has it, and stays live', async () => {
    const { state, container } = show();
    const item = await screen.findByRole('link', { name: /Dana Whitfield/ });
    expect(item).toHaveTextContent('Refund');
    expect(item).toHaveTextContent('Waiting for a person');
    await expectAccessible(container);
    state.conversation = { ...WAITING, owner_name: 'Marek' };
    await waitFor(() => expect(screen.getByRole('link', { name: /Dana Whitfield/ })).toHaveTextContent('Marek'));
  });

  it('has views with counts, an order and pages, and a card that says whose turn it is', async () => {
    const { server, user } = show({
      routes: {
        'GET /staff/conversations': ({ query }) =>
          jsonResponse(200, { conversations: [WAITING], viewer: 'Ines', counts: COUNTS, next_cursor: query.get('cursor') ? null : 'abc' }),
      },
    });
    const card = await screen.findByRole('link', { name: /Dana Whitfield/ });
    expect(card).toHaveTextContent('TKT-7F3K9QXA');
    expect(card).toHaveTextContent('Anybody’s turn');
    expect(card).toHaveTextContent('1 unread');
    expect(screen.getByRole('button', { name: 'Waiting (1)' })).toHaveAttribute('aria-pressed', 'true');
    await user.click(screen.getByRole('button', { name: 'All (4)' }));
    await user.selectOptions(screen.getByLabelText('Order'), 'newest');
    await waitFor(() =>
      expect(Object.fromEntries(server.asked('GET', '/staff/conversations').at(-1)?.query ?? [])).toMatchObject({ view: 'all', sort: 'newest', cursor: 'abc' }),
    );
  });

  it('names the mood as the server does, whatever the score', async () => {
    const { state } = show();
    expect(await screen.findByText('Upset')).toBeInTheDocument();
    state.conversation = { ...WAITING, sentiment: 0.15, sentiment_label: 'pleased' };
    expect(await screen.findByText('Pleased')).toBeInTheDocument();
  });

  it('asks the server for what is filtered', async () => {
    const { user, server } = show();
    await user.selectOptions(await screen.findByLabelText('Reason'), 'refund');
    await user.selectOptions(screen.getByLabelText('Channel'), 'email');
    await waitFor(() => {
      const last = server.asked('GET', '/staff/conversations').at(-1);
      expect(Object.fromEntries(last?.query ?? [])).toMatchObject({ reason: 'refund', channel: 'email', view: 'waiting', sort: 'urgent' });
    });
  });

  it('says so when the server is away, and keeps what it had', async () => {
    const { server } = show();
    await screen.findByText('Charged twice');
    server.routes['GET /staff/conversations'] = () => jsonResponse(503, {});
    expect(await screen.findByText(/may be out of date/)).toBeInTheDocument();
    expect(screen.getByText('Charged twice')).toBeInTheDocument();
  });
});

describe('conversation', () => {
  const OWNED = { ...WAITING, owner_name: 'Ines' };

  it('shows the hand-over, the customer and every channel', async () => {
    const { container } = show({ hash: '#queue/c1' });
    expect(await screen.findByText('Charged twice in March.')).toBeInTheDocument();
    expect(screen.getByText('Answered, after a search for “invoice”')).toBeInTheDocument();
    expect(screen.getByText('Read your invoice')).toBeInTheDocument();
    expect(screen.getByText('dana@example.com')).toBeInTheDocument();
    expect(screen.getByText('Hello from WhatsApp')).toBeInTheDocument();
    await expectAccessible(container);
  });

  it('says everywhere that an address is not proven', async () => {
    const claimed: Schemas['QueueLine'] = { ...OWNED, channel: 'web_form', assurance: 'claimed' };
    const detail = detailOf(claimed);
    const { state, container } = show({
      hash: '#queue/c1',
      routes: {
        'GET /staff/conversations/c1': ok({
          ...detail,
          messages: [{ ...said('m1', 'customer', 'My number, please.'), assurance: 'claimed' }, said('m2', 'agent', 'Hello.')],
        }),
      },
    });
    state.conversation = claimed;
    const reply = await screen.findByRole('form', { name: 'Reply' });
    expect(within(reply).getByText('Address not proven')).toBeInTheDocument();
    const thread = screen.getByRole('log', { name: 'Messages' });
    expect(within(thread).getAllByText('Address not proven')).toHaveLength(1);
    expect(container.querySelector('.detail-head')).toHaveTextContent('Address not proven');
    await waitFor(() => expect(within(screen.getByRole('link', { name: /Dana Whitfield/ })).getByText('Address not proven')).toBeInTheDocument());
    await expectAccessible(container);
  });

  it('says nothing of the kind of a proven one, and links what only claims its address', async () => {
    const { state, container } = show({
      hash: '#queue/c1',
      routes: {
        'GET /staff/conversations/c1': ok({
          ...detailOf(OWNED),
          also_claimed: [
            {
              conversation_id: 'c9',
              ticket_id: 'TKT-9F3K9QXA',
              channel: 'web_form',
              sender_name: 'Mallory Attacker',
              subject: 'My number',
              last_message_at: AT,
            },
          ],
        }),
      },
    });
    state.conversation = OWNED;
    const panel = await screen.findByRole('region', { name: 'Also claimed by this address' });
    expect(within(panel).getByRole('link', { name: 'My number' })).toHaveAttribute('href', '#/queue/c9');
    expect(panel).toHaveTextContent('Mallory Attacker');
    expect(screen.queryByText('Address not proven')).not.toBeInTheDocument();
    await expectAccessible(container);
  });

  it('is taken, answered through its channel and resolved with a note', async () => {
    const { state, server, user } = show({
      hash: '#queue/c1',
      routes: {
        'POST /staff/conversations/c1/take': () => {
          state.conversation = OWNED;
          return jsonResponse(200, { owner_name: 'Ines' });
        },
        'POST /staff/conversations/c1/reply': ok(),
        'POST /staff/conversations/c1/resolve': () => {
          state.conversation = { ...OWNED, status: 'resolved' };
          return jsonResponse(200, {});
        },
      },
    });
    expect(await screen.findByText('Take the conversation to reply.')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Take' }));
    expect(await screen.findByText('Yours. The assistant is silent.')).toBeInTheDocument();
    await user.type(screen.getByLabelText('Reply by E-mail'), 'The second charge is returned.');
    await user.click(screen.getByRole('button', { name: 'Send reply' }));
    expect(await screen.findByText('Your reply goes out by E-mail.')).toBeInTheDocument();
    expect(server.asked('POST', '/staff/conversations/c1/reply')[0]?.body).toEqual({ content: 'The second charge is returned.' });

    await user.click(screen.getByRole('button', { name: 'Resolve…' }));
    await user.click(screen.getByRole('button', { name: 'Resolve' }));
    expect(screen.getByLabelText('How was it settled?')).toBeInvalid();
    await user.type(screen.getByLabelText('How was it settled?'), 'Refunded');
    await user.click(screen.getByRole('button', { name: 'Resolve' }));
    expect(await screen.findByText(/^Done\./)).toHaveFocus();
    expect(server.asked('POST', '/staff/conversations/c1/resolve').at(-1)?.body).toEqual({ note: 'Refunded' });
  });

  it('tells the one who came second who has it', async () => {
    const { state, user, container } = show({
      hash: '#queue/c1',
      routes: {
        'POST /staff/conversations/c1/take': () => {
          state.conversation = { ...WAITING, owner_name: 'Marek' };
          return jsonResponse(409, { error: 'conflict', detail: 'taken', owner_name: 'Marek' });
        },
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Take' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Marek has this conversation');
    expect(await screen.findByText(/Marek has this conversation\. The assistant/)).toBeInTheDocument();
    expect(screen.queryByLabelText('Reply by E-mail')).not.toBeInTheDocument();
    await expectAccessible(container);
  });

  it('shows a reply as its reader will see it', async () => {
    const preview = () => jsonResponse(200, { parts: ['Press Export.'], html: '<p>Press <strong>Export</strong>.</p>' });
    const { state, user } = show({ hash: '#queue/c1', routes: { 'POST /staff/conversations/c1/preview': preview } });
    state.conversation = OWNED;
    await user.type(await screen.findByLabelText('Reply by E-mail'), 'Press **Export**.');
    const shown = await screen.findByRole('region', { name: 'Preview' });
    expect(within(shown).getByText('Export').tagName).toBe('STRONG');
  });

  it('keeps a reply that could not be sent', async () => {
    const { state, user } = show({ hash: '#queue/c1', routes: { 'POST /staff/conversations/c1/reply': () => jsonResponse(503, {}) } });
    state.conversation = OWNED;
    await user.type(await screen.findByLabelText('Reply by E-mail'), 'On its way');
    await user.click(screen.getByRole('button', { name: 'Send reply' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('not available');
    expect(screen.getByLabelText('Reply by E-mail')).toHaveValue('On its way');
  });

  it('sends a repeated reply under the same key, and the next one under another', async () => {
    const answers = [jsonResponse(500, {}), jsonResponse(201, {}), jsonResponse(201, {})];
    const { state, user, server } = show({ hash: '#queue/c1', routes: { 'POST /staff/conversations/c1/reply': () => answers.shift() ?? jsonResponse(500, {}) } });
    state.conversation = OWNED;
    const write = async (text: string) => {
      if (text) await user.type(await screen.findByLabelText('Reply by E-mail'), text);
      await user.click(screen.getByRole('button', { name: 'Send reply' }));
    };
    await write('A');
    await screen.findByRole('alert');
    await write('');
    await screen.findByText('Your reply goes out by E-mail.');
    await write('B');
    await waitFor(() => expect(server.asked('POST', '/staff/conversations/c1/reply')).toHaveLength(3));
    const keys = server.asked('POST', '/staff/conversations/c1/reply').map((request) => request.headers.get('Idempotency-Key'));
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[1]);
  });
});

describe('dead letters', () => {
  const LETTERS: Schemas['DeadLetters'] = {
    dead_letters: [{ id: 'd1', topic: 'fte.tickets.incoming', cause: 'Field missing', attempts: 1, payload: '{"a": 1}', created_at: AT, state: 'open' }],
  };

  it('are replayed, or discarded with a reason', async () => {
    const { user, server, container } = show({
      hash: '#dead-letters',
      routes: {
        'GET /staff/dead-letters': ok(LETTERS),
        'POST /staff/dead-letters/d1/replay': ok(),
        'POST /staff/dead-letters/d1/discard': ok(),
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Replay' }));
    await waitFor(() => expect(server.asked('POST', '/staff/dead-letters/d1/replay')).toHaveLength(1));
    await user.click(screen.getByRole('button', { name: 'Discard…' }));
    await user.type(screen.getByLabelText('Why is it discarded?'), 'A test message');
    await expectAccessible(container);
    await user.click(screen.getByRole('button', { name: 'Discard' }));
    await waitFor(() => expect(server.asked('POST', '/staff/dead-letters/d1/discard')[0]?.body).toEqual({ reason: 'A test message' }));
  });
});

describe('knowledge', () => {
  const CANDIDATE: Schemas['CandidateView'] = {
    id: 'k1',
    title: 'Find the button',
    text: 'Below the field.',
    category: 'technical',
    questions: [],
    evidence: ['TKT-7F3K9QXA'],
    conversations: ['5f0c6f0e-9f0a-4d7b-8a55-3f8f4f6a7c11'],
    reopened: 0,
    evaluation: null,
    article_id: null,
    decided_by: null,
    reason: null,
    created_at: AT,
    expires_at: AT,
    state: 'proposed',
  };
  const CANDIDATES: Schemas['Candidates'] = { candidates: [CANDIDATE] };
  const routes = {
    'GET /knowledge/candidates': ok(CANDIDATES),
    'POST /knowledge/candidates/k1/approve': ok(),
    'POST /knowledge/candidates/k1/reject': ok(),
  };

  it('is approved with only what was changed', async () => {
    const { user, server, container } = show({ hash: '#/knowledge/proposals', routes });
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    await user.type(screen.getByLabelText('Title'), ' on the phone');
    await expectAccessible(container);
    await user.click(screen.getByRole('button', { name: 'Approve with changes' }));
    await waitFor(() =>
      expect(server.asked('POST', '/knowledge/candidates/k1/approve')[0]?.body).toEqual({ title: 'Find the button on the phone' }),
    );
  });

  it('is rejected, with a reason or without', async () => {
    const { user, server } = show({ hash: '#/knowledge/proposals', routes });
    await user.click(await screen.findByRole('button', { name: 'Reject…' }));
    await user.click(screen.getByRole('button', { name: 'Reject' }));
    await waitFor(() => expect(server.asked('POST', '/knowledge/candidates/k1/reject')[0]?.body).toEqual({}));
  });
});

describe('a conversation of one’s own', () => {
  const MINE = { ...WAITING, owner_name: 'Ines' };

  it('is assigned, gets notes, is resolved and followed by the next one', async () => {
    const { state, server, user } = show({
      hash: '#/queue/c1',
      routes: {
        'POST /staff/conversations/c1/assign': ok({ owner_name: 'Marek' }),
        'POST /staff/conversations/c1/notes': () => jsonResponse(201, {}),
        'POST /staff/conversations/c1/resolve': ok(),
      },
    });
    state.conversation = MINE;
    await user.selectOptions(await screen.findByLabelText('Assign to'), 'Marek');
    await waitFor(() => expect(server.asked('POST', '/staff/conversations/c1/assign')[0]?.body).toEqual({ to: 'Marek' }));
    await user.click(screen.getByRole('button', { name: 'Add a note…' }));
    await user.type(screen.getByLabelText('New note'), 'She called.');
    await user.click(screen.getByRole('button', { name: 'Save note' }));
    await waitFor(() => expect(server.asked('POST', '/staff/conversations/c1/notes')[0]?.body).toEqual({ content: 'She called.' }));
    await user.click(await screen.findByRole('button', { name: 'Resolve and next…' }));
    await user.type(screen.getByLabelText('How was it settled?'), 'Done.');
    await user.click(screen.getByRole('button', { name: 'Resolve and open the next' }));
    await waitFor(() => expect(window.location.hash).toBe('#/queue'));
    expect(server.asked('POST', '/staff/conversations/c1/seen').length).toBeGreaterThan(0);
  });

  it('says what became of a reply that did not arrive, and sends it again', async () => {
    const failed = { ...said('m2', 'staff', 'Like this.'), delivery_state: 'failed' as const };
    const { server, user, container } = show({ hash: '#/queue/c1' });
    const detail = (isTriedAgain: boolean) =>
      ok({ ...detailOf(MINE), messages: [{ ...failed, delivery: { is_tried_again: isTriedAgain, code: '63016', words: 'Outside the window' } }] });
    server.routes['GET /staff/conversations/c1'] = detail(false);
    expect(await screen.findByText(/not tried again by itself.*Outside the window \(63016\)/)).toBeInTheDocument();
    await expectAccessible(container);
    server.routes['POST /staff/conversations/c1/messages/m2/retry'] = () => {
      server.routes['GET /staff/conversations/c1'] = detail(true);
      return jsonResponse(200, {});
    };
    await user.click(screen.getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText(/being tried again/)).toBeInTheDocument();
    expect(server.asked('POST', '/staff/conversations/c1/messages/m2/retry')).toHaveLength(1);
  });
});

describe('metrics and alerts', () => {
  it('shows the figures of the chosen period', async () => {
    const figures: Schemas['ChannelFigures'] = { channel: 'email', escalations_by_reason: { refund: 12 }, conversations: 80, messages: 150, avg_sentiment: 0.39, negative: 12, escalations: 19, escalation_rate: 0.2375, avg_latency_ms: 1900, p95_latency_ms: 4100 };
    const report: Schemas['ChannelReport'] = { period: '24h', negative_below: 0.3, channels: [figures], totals: figures, escalations_by_reason: { refund: 12 } };
    const { user, server, container } = show({
      hash: '#metrics',
      routes: { 'GET /metrics/channels': ok(report) },
    });
    const table = await screen.findByRole('table', { name: 'By channel' });
    const cells = within(table).getAllByRole('row')[1];
    expect(cells).toHaveTextContent('E-mail801501.9 s4.1 s0.39121923.8 %');
    expect(screen.getByRole('img', { name: /Escalations by reason/ })).toBeInTheDocument();
    await expectAccessible(container);
    await user.selectOptions(screen.getByLabelText('Period'), '7d');
    await waitFor(() => expect(server.asked('GET', '/metrics/channels').at(-1)?.query.get('period')).toBe('7d'));
  });

  it('counts alerts in the bar and lists them', async () => {
    const alerts: Schemas['Alerts'] = { alerts: [{ name: 'latency', channel: 'email', severity: 'critical', detail: 'E-mail is at 4.1 s.', since: AT }] };
    const { container } = show({
      hash: '#alerts',
      routes: { 'GET /alerts': ok(alerts) },
    });
    expect(await screen.findByText('E-mail is at 4.1 s.')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Alerts 1 active' })).toHaveAttribute('aria-current', 'page');
    await expectAccessible(container);
  });

  it.each([
    ['#dead-letters', 'No dead letters on this server'],
    ['#knowledge', 'No articles on this server'],
    ['#/knowledge/proposals', 'No proposals on this server'],
    ['#metrics', 'No metrics on this server'],
    ['#alerts', 'No alerts on this server'],
    ['#going-live', 'No checks on this server'],
  ])('stays calm where the server does not offer %s', async (hash, title) => {
    show({ hash });
    expect(await screen.findByText(title)).toBeInTheDocument();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });
});

describe('going live', () => {
  it('shows what is well and what to do, and checks again only on request', async () => {
    const found: Schemas['GoingLive'] = {
      is_ready: false,
      checks: [
        { name: 'Model', is_well: true, seen: 'gpt-4.1-mini', problems: [] },
        { name: 'Articles', is_well: false, seen: 'none published', problems: ['Import a folder.'] },
      ],
    };
    const { user, server, container } = show({ hash: '#going-live', routes: { 'GET /doctor': ok(found) } });
    expect(await screen.findByText('1 of 2 need work.')).toBeInTheDocument();
    expect(screen.getByText('Import a folder.')).toBeInTheDocument();
    await expectAccessible(container);
    expect(server.asked('GET', '/doctor')).toHaveLength(1);
    await user.click(screen.getByRole('button', { name: 'Check again' }));
    await waitFor(() => expect(server.asked('GET', '/doctor')).toHaveLength(2));
  });
});
