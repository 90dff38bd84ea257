import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { createStaffClient, type CreateStaffClient } from '../src/api/staff';
import type { Schemas } from '../src/api/types';
import { Console } from '../src/console/Console';
import { expectAccessible } from './expectAccessible';
import { fakeServer, jsonResponse, type Routes } from './fakeServer';

const AT = '2026-01-05T10:00:00Z';
const DRAFT: Schemas['DraftView'] = {
  id: 'd1',
  content: 'Hello Dana,\n\nopen Settings, then Data.',
  sources: [{ article_id: 'a1', title: 'Export your data', version: 3, url: null }],
  author: 'grounded',
  reason: null,
  topic: 'exports',
  created_at: AT,
  state: 'waiting',
  stale_because: null,
  decided_by: null,
};
const LINE: Schemas['WaitingDraftView'] = {
  ...DRAFT,
  conversation_id: 'c1',
  ticket_id: 'TKT-7F3K9QXA',
  customer_name: 'Dana Whitfield',
  channel: 'email',
  subject: 'Exports',
  question: 'How do I export my data?',
};
const conversationOf = (owner: string | null, draft: Schemas['DraftView'] | null): Schemas['StaffConversation'] => ({
  conversation: {
    id: 'c1',
    assurance: 'attested',
    channel: 'email',
    status: 'open',
    owner: owner ? 'human' : 'agent',
    owner_name: owner,
    subject: 'Exports',
    state: owner ? 'with_person' : 'waiting_for_us',
    next_move: owner ? 'owner' : 'agent',
    turn_since: AT,
    continues: null,
    tags: [],
    assignee: owner,
    snoozed_until: null,
    is_spam: false,
    is_blocked: false,
    whatsapp_window_ends_at: null,
    sla: null,
  },
  ticket: null,
  customer: { id: 'u1', name: 'Dana Whitfield', identifiers: [], merges: [] },
  messages: [],
  history: [],
  handover: { summary: null, reason: null, sentiment_curve: [], tried: [], sources: [] },
  notes: [],
  draft,
  also_claimed: [],
});
const ok = (body: unknown = {}) => () => jsonResponse(200, body);
const listed = (...drafts: Schemas['WaitingDraftView'][]) => ok({ drafts, total: drafts.length, next_cursor: null });
const FIGURE: Schemas['DraftFigure'] = {
  channel: 'email',
  topic: 'exports',
  mode: 'draft',
  waiting: 1,
  approved: 40,
  unchanged: 38,
  discarded: 1,
  overruled: 0,
  superseded: 3,
  acceptance_rate: 0.976,
  edit_distance: 0.01,
};

function show({ hash, routes = {} }: { hash: string; routes?: Routes }) {
  const server = fakeServer({
    'GET /staff/session': ok({ name: 'Ines', role: 'admin', account_id: null }),
    'GET /staff/conversations': ok({ conversations: [], viewer: 'Ines', counts: { waiting: 0, mine: 0, unassigned: 0, all: 1 }, next_cursor: null }),
    'GET /staff/people': ok({ people: ['Ines'] }),
    'POST /staff/conversations/c1/seen': ok({ status: 'done' }),
    'GET /staff/drafts': listed(LINE),
    'GET /staff/drafts/quality': ok({ days: 30, figures: [FIGURE] }),
    'GET /staff/conversations/c1': ok(conversationOf(null, DRAFT)),
    ...routes,
  });
  window.location.hash = hash;
  const createClient: CreateStaffClient = (options) => createStaffClient({ ...options, fetch: server.fetch });
  const view = render(<Console createClient={createClient} pollMs={20} />);
  return { server, user: userEvent.setup(), ...view };
}

describe('drafts', () => {
  it('wait in a list with question, sources and how long, and are counted in the bar', async () => {
    const { container } = show({ hash: '#/drafts' });
    const card = within(await screen.findByRole('article'));
    expect(card.getByText(/open Settings, then Data/)).toBeInTheDocument();
    expect(card.getByRole('link', { name: 'Export your data' })).toBeInTheDocument();
    expect(await screen.findByRole('link', { name: /Drafts 1 waiting/ })).toBeInTheDocument();
    await expectAccessible(container);
  });

  it('are sent as they are, by the one that was read', async () => {
    const { server, user } = show({
      hash: '#/drafts',
      routes: { 'POST /staff/conversations/c1/draft/approve': ok({ message_id: 'm1' }) },
    });
    await user.click(await screen.findByRole('button', { name: 'Approve and send' }));
    await waitFor(() => expect(server.asked('POST', '/staff/conversations/c1/draft/approve')).toHaveLength(1));
    expect(server.asked('POST', '/staff/conversations/c1/draft/approve')[0]?.body).toEqual({ draft_id: 'd1' });
  });

  it('are sent changed, and the change outlives a reload', async () => {
    const routes = { 'POST /staff/conversations/c1/draft/approve': ok({ message_id: 'm1' }) };
    const first = show({ hash: '#/drafts', routes });
    await first.user.click(await screen.findByRole('button', { name: 'Edit' }));
    await first.user.type(screen.getByLabelText('Reply'), ' Then Export.');
    first.unmount();
    const { server, user } = show({ hash: '#/drafts', routes });
    expect(await screen.findByLabelText('Reply')).toHaveValue(`${DRAFT.content} Then Export.`);
    await user.click(screen.getByRole('button', { name: 'Send changed' }));
    await waitFor(() =>
      expect(server.asked('POST', '/staff/conversations/c1/draft/approve')[0]?.body).toEqual({
        draft_id: 'd1',
        content: `${DRAFT.content} Then Export.`,
      }),
    );
    await waitFor(() => expect(window.sessionStorage.getItem('staff.draft.d1')).toBeNull());
  });

  it('are discarded with what is wrong', async () => {
    const { server, user } = show({ hash: '#/drafts', routes: { 'POST /staff/conversations/c1/draft/discard': ok({ status: 'done' }) } });
    await user.click(await screen.findByRole('button', { name: 'Discard…' }));
    await user.type(screen.getByLabelText(/What is wrong/), 'Old plan');
    await user.click(screen.getByRole('button', { name: 'Discard' }));
    await waitFor(() =>
      expect(server.asked('POST', '/staff/conversations/c1/draft/discard')[0]?.body).toEqual({ draft_id: 'd1', reason: 'Old plan' }),
    );
  });

  it('say why one could not be sent', async () => {
    const { user } = show({
      hash: '#/drafts',
      routes: {
        'POST /staff/conversations/c1/draft/approve': () =>
          jsonResponse(409, { error: 'conflict', detail: 'the draft is stale: there is a newer message', owner_name: null }),
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Approve and send' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(/newer message/);
  });

  it('show which topic can answer by itself', async () => {
    show({ hash: '#/drafts' });
    const row = within(await screen.findByRole('row', { name: /exports/ }));
    expect(row.getByText('Ready')).toBeInTheDocument();
    expect(row.getByText('98 %')).toBeInTheDocument();
  });

  it('teach where they come from when there are none', async () => {
    show({ hash: '#/drafts', routes: { 'GET /staff/drafts': listed(), 'GET /staff/drafts/quality': ok({ days: 30, figures: [] }) } });
    expect(await screen.findByText('No draft waits')).toBeInTheDocument();
  });
});

describe('a conversation with a draft', () => {
  it('shows it with its acts', async () => {
    const { container } = show({ hash: '#/queue/c1' });
    expect(await screen.findByRole('heading', { name: 'Draft, not sent yet' })).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Approve and send' })).toBeInTheDocument();
    await expectAccessible(container);
  });

  it('says why it is out of date, and offers no way to send it', async () => {
    show({
      hash: '#/queue/c1',
      routes: { 'GET /staff/conversations/c1': ok(conversationOf(null, { ...DRAFT, state: 'stale', stale_because: 'newer_message' })) },
    });
    expect(await screen.findByText(/The customer wrote again/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Approve and send' })).not.toBeInTheDocument();
  });
});

describe('suggest a reply', () => {
  const taken = { 'GET /staff/conversations/c1': ok(conversationOf('Ines', null)) };

  it('puts the suggestion below what was typed', async () => {
    const { user } = show({
      hash: '#/queue/c1',
      routes: { ...taken, 'POST /staff/conversations/c1/suggest': ok({ draft: 'Open Settings.', sources: DRAFT.sources, reason: null }) },
    });
    await user.type(await screen.findByLabelText('Reply by E-mail'), 'Hello.');
    await user.click(screen.getByRole('button', { name: 'Suggest a reply' }));
    await waitFor(() => expect(screen.getByLabelText('Reply by E-mail')).toHaveValue('Hello.\n\nOpen Settings.'));
    expect(screen.getByText(/Rests on/)).toHaveTextContent('Export your data');
  });

  it('says why there is none, with the closest articles', async () => {
    const { user } = show({
      hash: '#/queue/c1',
      routes: { ...taken, 'POST /staff/conversations/c1/suggest': ok({ draft: null, sources: DRAFT.sources, reason: 'refund' }) },
    });
    await user.click(await screen.findByRole('button', { name: 'Suggest a reply' }));
    expect(await screen.findByText(/No suggestion: refund/)).toBeInTheDocument();
    expect(screen.getByText(/Closest articles/)).toHaveTextContent('Export your data');
  });
});
