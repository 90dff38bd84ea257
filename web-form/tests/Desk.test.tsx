import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { createStaffClient, type CreateStaffClient } from '../src/api/staff';
import type { Schemas } from '../src/api/types';
import { Console } from '../src/console/Console';
// Loaded before the first test, whose patience would otherwise go into compiling them.
import '../src/console/ConsoleShell';
import '../src/console/queue/QueuePage';
import { snoozeUntil } from '../src/console/queue/snoozeTimes';
import { expectAccessible } from './expectAccessible';
import { eventStream, fakeServer, jsonResponse, type Routes } from './fakeServer';

const AT = '2026-01-05T10:00:00Z';
const COUNTS: Schemas['QueueCounts'] = { waiting: 3, mine: 1, unassigned: 2, snoozed: 0, mentioned: 1, spam: 0, all: 90 };
const line = (number: number, more: Partial<Schemas['QueueLine']> = {}): Schemas['QueueLine'] => ({
  id: `c${number}`,
  ticket_id: `TKT-7F3K9Q${number}`,
  customer_name: `Customer ${number}`,
  assurance: 'attested',
  channel: 'whatsapp',
  status: 'in_progress',
  owner: 'human',
  owner_name: 'Ines',
  reason: null,
  priority: 'medium',
  subject: `Subject ${number}`,
  last_message_at: AT,
  oldest_unanswered_at: AT,
  sentiment: null,
  sentiment_label: null,
  state: 'with_person',
  next_move: 'owner',
  turn_since: AT,
  sla: null,
  unread: 0,
  tags: [],
  snoozed_until: null,
  is_mentioned: false,
  is_spam: false,
  ...more,
});
const DETAIL: Schemas['StaffConversation'] = {
  conversation: {
    id: 'c1', assurance: 'attested', channel: 'whatsapp', status: 'open', owner: 'human', owner_name: 'Ines', subject: 'Subject 1', state: 'with_person',
    next_move: 'owner', turn_since: AT, sla: null, continues: null, tags: ['vip'], assignee: 'Ines', snoozed_until: null, is_spam: false, is_blocked: false,
    whatsapp_window_ends_at: AT,
  },
  ticket: { ticket_id: 'TKT-7F3K9Q1', subject: 'Subject 1', status: 'in_progress', category: 'billing', priority: 'medium', escalation: null, created_at: AT, updated_at: AT, trace_id: null },
  customer: {
    id: 'u1', name: 'Customer 1', identifiers: [{ kind: 'phone', value: '+12025550001', assurance: 'provider_attested' }],
    merges: [{ id: 'm1', name: 'Old name', by: 'Marek', created_at: AT }],
  },
  messages: [],
  history: [],
  handover: { summary: null, reason: null, sentiment_curve: [], tried: [], sources: [] },
  notes: [],
  also_claimed: [],
};
const ok = (body: unknown = {}) => () => jsonResponse(200, body);

function show({ hash = '', routes = {} }: { hash?: string; routes?: Routes } = {}) {
  const lines = Array.from({ length: 50 }, (_, index) => line(index + 1));
  const server = fakeServer({
    'GET /staff/session': () => jsonResponse(200, { name: 'Ines', role: 'admin', account_id: null }),
    'GET /staff/conversations': ({ query }) =>
      jsonResponse(200, {
        viewer: 'Ines',
        counts: COUNTS,
        conversations: query.get('q') ? [line(77)] : query.get('cursor') ? [line(51)] : lines,
        next_cursor: query.get('cursor') || query.get('q') ? null : 'page-2',
      }),
    'GET /staff/people': ok({ people: ['Ines', 'Marek'] }),
    'GET /staff/tags': ok({ tags: ['vip'] }),
    'GET /macros': ok({
      macros: [{ id: 'k1', title: 'Hello', content: 'Hello {name}.', created_by: 'Ines', updated_at: AT, filled: 'Hello Customer 1.' }],
      placeholders: { name: 'the name' },
    }),
    'POST /staff/conversations/c1/seen': ok(),
    'GET /staff/conversations/c1': ok(DETAIL),
    ...routes,
  });
  window.location.hash = hash;
  const createClient: CreateStaffClient = (options) => createStaffClient({ ...options, fetch: server.fetch });
  const view = render(<Console createClient={createClient} pollMs={60_000} />);
  return { server, user: userEvent.setup(), ...view };
}

describe('the queue', () => {
  it('finds any conversation from the search box, whatever the view', async () => {
    const { user, server } = show();
    await screen.findByRole('link', { name: /Subject 1(?!\d)/ });
    await user.keyboard('/');
    expect(screen.getByLabelText('Search all conversations')).toHaveFocus();
    await user.keyboard('dana@example.com');
    expect(await screen.findByRole('link', { name: /Customer 77/ })).toBeInTheDocument();
    expect(Object.fromEntries(server.asked('GET', '/staff/conversations').at(-1)?.query ?? [])).toMatchObject({ q: 'dana@example.com', view: 'all' });
  });

  it('keeps only what can be seen in the page, and fetches on', async () => {
    const { server } = show();
    await screen.findByRole('link', { name: /Subject 1(?!\d)/ });
    expect(screen.getAllByRole('link', { name: /Customer \d+/ }).length).toBeLessThan(40);
    expect(server.asked('GET', '/staff/conversations')[0]?.query.get('limit')).toBe('50');
  });

  it('does one thing to all that are selected, and undoes it', async () => {
    const { user, server } = show({
      routes: {
        'POST /staff/bulk': ok({ undo_id: 'b1', done: ['c1', 'c2'], refused: [] }),
        'POST /staff/bulk/b1/undo': ok({ undo_id: null, done: ['c1', 'c2'], refused: [] }),
      },
    });
    await user.click(await screen.findByRole('checkbox', { name: /Customer 1,/ }));
    await user.click(screen.getByRole('checkbox', { name: /Customer 2,/ }));
    await user.selectOptions(screen.getByLabelText('Do to all selected'), 'assign:Marek');
    expect(await screen.findByText(/2 changed/)).toBeInTheDocument();
    expect(server.asked('POST', '/staff/bulk')[0]?.body).toEqual({ ids: ['c1', 'c2'], act: 'assign', to: 'Marek' });
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    await waitFor(() => expect(server.asked('POST', '/staff/bulk/b1/undo')).toHaveLength(1));
    expect(screen.queryByRole('button', { name: 'Undo' })).not.toBeInTheDocument();
  });

  it('is worked by keys, which a sheet lists', async () => {
    const { user, container } = show({ hash: '#/queue/c1' });
    await screen.findByLabelText('Reply by WhatsApp');
    await user.keyboard('r');
    expect(screen.getByLabelText('Reply by WhatsApp')).toHaveFocus();
    await user.keyboard('jk');
    expect(window.location.hash).toBe('#/queue/c1');
    await user.keyboard('{Escape}');
    await user.keyboard('j');
    await waitFor(() => expect(window.location.hash).toBe('#/queue/c2'));
    expect(container.querySelector('dialog.hotkeys')).toHaveTextContent('Next conversation');
  });
});

describe('live', () => {
  it('reads again what an event names, and says who writes', async () => {
    const stream = eventStream();
    const { server } = show({
      hash: '#/queue/c1',
      routes: { 'GET /staff/stream': () => stream.response, 'POST /staff/conversations/c1/presence': ok() },
    });
    await screen.findByLabelText('Reply by WhatsApp');
    stream.write('event: ready\nid: 7\ndata: {}\n\n');
    await waitFor(() => expect(server.asked('POST', '/staff/conversations/c1/presence').length).toBeGreaterThan(0));
    const before = server.asked('GET', '/staff/conversations/c1').length;
    stream.write('event: conversation.changed\nid: 8\ndata: {"conversation_id": "c1"}\n\n');
    await waitFor(() => expect(server.asked('GET', '/staff/conversations/c1').length).toBeGreaterThan(before));
    stream.write('event: presence\ndata: {"conversation_id": "c1", "name": "Marek", "is_writing": true}\n\n');
    expect(await screen.findByText('Marek is writing')).toBeInTheDocument();
  });
});

describe('the reply', () => {
  it('takes a macro, outlives the page and warns outside WhatsApp’s window', async () => {
    const first = show({ hash: '#/queue/c1' });
    expect(await screen.findByText('WhatsApp’s 24 hours are over')).toBeInTheDocument();
    await first.user.selectOptions(await screen.findByLabelText('Insert a macro'), 'k1');
    expect(screen.getByLabelText('Reply by WhatsApp')).toHaveValue('Hello Customer 1.');
    await expectAccessible(first.container);
    first.unmount();
    window.sessionStorage.clear();
    show({ hash: '#/queue/c1' });
    expect(await screen.findByLabelText('Reply by WhatsApp')).toHaveValue('Hello Customer 1.');
  });
});

describe('marks', () => {
  it('are set from the conversation', async () => {
    const done = ok({ status: 'done' });
    const { user, server } = show({
      hash: '#/queue/c1',
      routes: {
        'POST /staff/conversations/c1/tags': ok({ tags: ['vip', 'late'] }),
        'POST /staff/conversations/c1/priority': done,
        'POST /staff/conversations/c1/snooze': done,
        'POST /staff/conversations/c1/block': ok({ kind: 'phone', value: '+1', is_proven: true, status: 'done' }),
        'POST /staff/merges/m1/undo': done,
      },
    });
    await user.type(await screen.findByLabelText('Add a tag'), 'late{Enter}');
    await waitFor(() => expect(server.asked('POST', '/staff/conversations/c1/tags')[0]?.body).toEqual({ tags: ['vip', 'late'] }));
    await user.selectOptions(within(screen.getByRole('group', { name: 'Marks' })).getByLabelText('Priority'), 'urgent');
    await waitFor(() => expect(server.asked('POST', '/staff/conversations/c1/priority')[0]?.body).toEqual({ priority: 'urgent' }));
    await user.selectOptions(screen.getByLabelText('Snooze'), 'tomorrow');
    await waitFor(() => expect(server.asked('POST', '/staff/conversations/c1/snooze')).toHaveLength(1));
    await user.click(screen.getByRole('button', { name: 'Block sender' }));
    await waitFor(() => expect(server.asked('POST', '/staff/conversations/c1/block')).toHaveLength(1));
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    await waitFor(() => expect(server.asked('POST', '/staff/merges/m1/undo')).toHaveLength(1));
  });

  it('offers times that lie ahead', () => {
    const friday = new Date(2026, 0, 9, 15, 0);
    expect(new Date(snoozeUntil('monday', friday)).toDateString()).toBe(new Date(2026, 0, 12).toDateString());
    expect(new Date(snoozeUntil('tomorrow', friday)).getHours()).toBe(9);
    expect(new Date(snoozeUntil('4h', friday)).getTime() - friday.getTime()).toBe(4 * 3_600_000);
  });
});

describe('other pages', () => {
  it('begin a conversation, and show what the server says of the address', async () => {
    const { user, server } = show({
      hash: '#/queue/new',
      routes: { 'POST /staff/conversations': () => jsonResponse(400, { error: 'bad_request', detail: 'no', fields: { to: 'is not a valid e-mail address' } }) },
    });
    await user.click(await screen.findByRole('button', { name: 'Send' }));
    expect(await screen.findByText('Say to whom.')).toBeInTheDocument();
    await user.type(screen.getByLabelText('E-mail address'), 'nobody');
    await user.type(screen.getByLabelText('Message'), 'Hello.');
    await user.click(screen.getByRole('button', { name: 'Send' }));
    expect(await screen.findByText('is not a valid e-mail address')).toBeInTheDocument();
    expect(server.asked('POST', '/staff/conversations')[0]?.body).toMatchObject({ channel: 'email', to: 'nobody', content: 'Hello.' });
  });

  it('list the audit log and the digest', async () => {
    const audit: Schemas['AuditPage'] = {
      entries: [{ id: 9, actor: 'Ines', actor_id: null, action: 'block_sender', subject_kind: 'conversation', subject_id: 'c1', detail: { kind: 'email' }, created_at: AT }],
      next_cursor: '9',
    };
    const { container, user, server } = show({ hash: '#/audit', routes: { 'GET /staff/audit': ok(audit) } });
    expect(await screen.findByText('block sender')).toBeInTheDocument();
    await expectAccessible(container);
    await user.click(screen.getByRole('button', { name: 'Older' }));
    await waitFor(() => expect(server.asked('GET', '/staff/audit').at(-1)?.query.get('cursor')).toBe('9'));
  });

  it('keep macros', async () => {
    const { container, user, server } = show({ hash: '#/macros', routes: { 'POST /macros': () => jsonResponse(400, { error: 'bad_request', detail: 'no', fields: { content: 'names {x}' } }) } });
    const form = await screen.findByRole('form', { name: 'New macro' });
    await expectAccessible(container);
    await user.type(within(form).getByLabelText('Title of a new macro'), 'Bye');
    await user.type(within(form).getByLabelText('Text'), 'Bye {{x}');
    await user.click(within(form).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('names {x}')).toBeInTheDocument();
    expect(server.asked('POST', '/macros')[0]?.body).toEqual({ title: 'Bye', content: 'Bye {x}' });
  });
});
