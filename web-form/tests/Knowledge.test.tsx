import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { createStaffClient, type CreateStaffClient } from '../src/api/staff';
import type { Schemas } from '../src/api/types';
import { Console } from '../src/console/Console';
import { expectAccessible } from './expectAccessible';
import { fakeServer, jsonResponse, type Routes } from './fakeServer';

const AT = '2026-01-05T10:00:00Z';
const ARTICLE: Schemas['ArticleDetail'] = {
  id: 'a1',
  article_id: 'a1',
  version: 3,
  published_version: 3,
  title: 'Hide birthdays',
  body: 'Click the **gear**.\n\n<img src=x onerror=alert(1)> [here](javascript:alert(1))',
  category: 'general',
  language: 'en',
  url: null,
  expires_at: null,
  is_whole: false,
  visibility: 'public',
  state: 'published',
  is_published: true,
  is_expired: false,
  has_changes: false,
  source: 'console',
  origin: 'written',
  is_edited: false,
  author: 'Ines',
  created_at: AT,
  updated_at: AT,
  questions: 1,
  up_votes: 0,
  down_votes: 0,
  reopened: 0,
  contradicted: 0,
  next_read: '',
  evidence: [],
  regression_questions: [{ id: 'q1', question: 'How do I hide birthdays?', origin: 'staff', created_at: AT }],
};
const version = (number: number, content: string, author = 'Ines'): Schemas['ArticleVersionView'] => ({
  version: number,
  title: 'Hide birthdays',
  category: 'general',
  content,
  source: 'console',
  url: null,
  language: 'en',
  expires_at: null,
  is_whole: false,
  visibility: 'public',
  author,
  created_at: AT,
  restored_from: null,
});
const ok = (body: unknown = {}) => () => jsonResponse(200, body);
const saved = (number: number): Schemas['SavedArticle'] => ({ id: 'a1', version: number, state: 'published', has_changes: false, evaluation: null });

function show(path: string, routes: Routes = {}) {
  const state = { article: ARTICLE };
  const server = fakeServer({
    'GET /staff/session': () => jsonResponse(200, { name: 'Ines', role: 'admin', account_id: null }),
    'GET /knowledge/articles/a1': () => jsonResponse(200, state.article),
    'GET /knowledge/articles/a1/versions': ok({
      article_id: 'a1',
      versions: [version(3, 'Click the gear.'), version(2, 'Click the wheel.', 'Otto')],
    }),
    ...routes,
  });
  window.location.hash = `#/knowledge/${path}`;
  const createClient: CreateStaffClient = (options) => createStaffClient({ ...options, fetch: server.fetch });
  const view = render(<Console createClient={createClient} pollMs={20} />);
  return { state, server, user: userEvent.setup(), ...view };
}

describe('an article', () => {
  it('is previewed as its reader sees it, without any of its HTML or scripts', async () => {
    const { container } = show('articles/a1');
    const preview = await screen.findByRole('region', { name: 'Preview' });
    expect(within(preview).getByText('gear').tagName).toBe('STRONG');
    expect(preview.querySelector('img')).toBeNull();
    expect(preview.querySelector('a')).toBeNull();
    await screen.findByText(/Version 2 by Otto/);
    await expectAccessible(container);
  });

  it('is published with the version that it replaces', async () => {
    const { user, server } = show('articles/a1', { 'PUT /knowledge/articles/a1': ok(saved(4)) });
    const title = await screen.findByLabelText('Title');
    await user.clear(title);
    await user.type(title, 'Birthdays');
    await user.click(screen.getByRole('button', { name: 'Publish the change' }));
    await waitFor(() => expect(server.asked('PUT', '/knowledge/articles/a1')).toHaveLength(1));
    const [request] = server.asked('PUT', '/knowledge/articles/a1');
    expect(request?.headers.get('If-Match')).toBe('3');
    expect(request?.body).toMatchObject({ title: 'Birthdays', body: ARTICLE.body, state: 'published', visibility: 'public' });
  });

  it('keeps what was typed when somebody was faster, and shows both texts', async () => {
    const refusal = { error: 'conflict', detail: 'Otto saved version 4 meanwhile', questions: [] };
    const { user, server, state } = show('articles/a1', { 'PUT /knowledge/articles/a1': () => jsonResponse(409, refusal) });
    const title = await screen.findByLabelText('Title');
    await user.clear(title);
    await user.type(title, 'Mine');
    state.article = { ...ARTICLE, version: 4, author: 'Otto', title: 'Theirs' };
    expect(await screen.findByText('Otto saved version 4 meanwhile')).toBeInTheDocument();
    expect(title).toHaveValue('Mine');
    expect(document.querySelector('.diff del')).toHaveTextContent('Theirs');
    expect(document.querySelector('.diff ins')).toHaveTextContent('Mine');
    expect(screen.getByRole('button', { name: 'Publish the change' })).toBeDisabled();
    server.routes['PUT /knowledge/articles/a1'] = ok(saved(5));
    await user.click(screen.getByRole('button', { name: 'Save mine as version 5' }));
    await waitFor(() => expect(server.asked('PUT', '/knowledge/articles/a1').at(-1)?.headers.get('If-Match')).toBe('4'));
  });

  it('names the question that a publication would take away', async () => {
    const detail = 'Not published: “How do I hide birthdays?” would no longer find the right article.';
    const refusal = { error: 'conflict', detail, questions: ['How do I hide birthdays?'] };
    const { user } = show('articles/a1', { 'PUT /knowledge/articles/a1': () => jsonResponse(409, refusal) });
    await user.type(await screen.findByLabelText('Text'), ' More.');
    await user.click(screen.getByRole('button', { name: 'Publish the change' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('would no longer find');
    expect(screen.getByLabelText('Text')).toHaveValue(`${ARTICLE.body} More.`);
  });

  it('shows what a version changed and restores it', async () => {
    const { user, server } = show('articles/a1', { 'POST /knowledge/articles/a1/versions/2/restore': ok(saved(4)) });
    await user.click(await screen.findByRole('button', { name: 'What version 3 changed' }));
    expect(document.querySelector('.diff del')).toHaveTextContent('wheel');
    expect(document.querySelector('.diff ins')).toHaveTextContent('gear');
    await user.click(screen.getByRole('button', { name: 'Restore version 2' }));
    await waitFor(() =>
      expect(server.asked('POST', '/knowledge/articles/a1/versions/2/restore')[0]?.headers.get('If-Match')).toBe('3'),
    );
  });

  it('says what the next crawl does to a change', async () => {
    const { state } = show('articles/a1');
    state.article = { ...ARTICLE, origin: 'crawl', next_read: 'Your change stays until the page itself changes.' };
    expect(await screen.findByText('Your change stays until the page itself changes.')).toBeInTheDocument();
  });

  it('that is new is created once, whatever the network does', async () => {
    const { user, server } = show('articles/new', { 'POST /knowledge/articles': () => jsonResponse(503, {}) });
    await user.type(await screen.findByLabelText('Title'), 'Toasters');
    await user.type(screen.getByLabelText('Text'), 'Wipe it.');
    await user.click(screen.getByRole('button', { name: 'Save as a draft' }));
    await screen.findByRole('alert');
    server.routes['POST /knowledge/articles'] = () => jsonResponse(201, { ...saved(1), state: 'draft' });
    await user.click(screen.getByRole('button', { name: 'Save as a draft' }));
    await waitFor(() => expect(window.location.hash).toBe('#/knowledge/articles/a1'));
    const keys = server.asked('POST', '/knowledge/articles').map((request) => request.headers.get('Idempotency-Key'));
    expect(new Set(keys).size).toBe(1);
  });
});

describe('the list of articles', () => {
  it('is searched, filtered and paged', async () => {
    const { user, server, container } = show('articles', {
      'GET /knowledge/articles': ok({ articles: [{ ...ARTICLE, state: 'draft', down_votes: 2 }], next_cursor: '50' }),
    });
    expect(await screen.findByRole('link', { name: /Hide birthdays/ })).toHaveAttribute('href', '#/knowledge/articles/a1');
    await expectAccessible(container);
    await user.type(screen.getByLabelText('Words'), 'gear');
    await user.selectOptions(screen.getByLabelText('State'), 'expired');
    await user.click(await screen.findByRole('button', { name: 'More' }));
    await waitFor(() => {
      const query = server.asked('GET', '/knowledge/articles').at(-1)?.query;
      expect([query?.get('q'), query?.get('state'), query?.get('cursor')]).toEqual(['gear', 'expired', '50']);
    });
  });
});

describe('an upload', () => {
  const OUTCOME: Schemas['ImportOutcome'] = {
    is_published: false,
    files: 2,
    articles: [
      {
        article_id: 'u1',
        file: 'faq.csv',
        place: 'row 2',
        title: 'Clean the tray',
        language: 'en',
        category: 'general',
        url: null,
        expires_at: null,
        is_whole: true,
        is_outdated: false,
        passages: [{ section: '', text: 'Wipe it.' }],
      },
    ],
    problems: [{ file: 'song.mp3', place: '', reason: 'files of the kind .mp3 are not read', is_left_out: true }],
    columns: { 'faq.csv': { title: 'Question' } },
    embedded: 0,
    unchanged: 0,
    kept_edits: 0,
  };

  it('is looked at before it is published, and what is left out is named', async () => {
    const { user, server, container } = show('upload', {
      'POST /knowledge/import': ({ query }) =>
        jsonResponse(200, query.get('preview') === 'true' ? OUTCOME : { ...OUTCOME, is_published: true, embedded: 1 }),
    });
    await user.upload(await screen.findByLabelText('Files'), [new File(['a'], 'faq.csv', { type: 'text/csv' })]);
    await user.click(screen.getByRole('button', { name: 'Look at them first' }));
    expect(await screen.findByText('Clean the tray')).toBeInTheDocument();
    expect(screen.getByText(/song\.mp3/).closest('li')).toHaveTextContent('are not read');
    await expectAccessible(container);
    await user.click(screen.getByRole('button', { name: 'Publish 1 article' }));
    expect(await screen.findByText('Published: 1 article')).toBeInTheDocument();
    const body = server.asked('POST', '/knowledge/import')[0]?.body;
    expect(body).toBeInstanceOf(FormData);
    expect(server.asked('POST', '/knowledge/import')[0]?.headers.has('Content-Type')).toBe(false);
  });
});

describe('help sites', () => {
  const SITE: Schemas['HelpSiteView'] = {
    id: 's1',
    url: 'https://help.example/',
    include: [],
    exclude: [],
    every_hours: 24,
    added_by: 'Ines',
    created_at: AT,
    next_crawl_at: AT,
    started_at: AT,
    finished_at: AT,
    is_running: false,
    articles: 12,
    report: {
      pages: 14,
      unchanged: 9,
      articles: 5,
      embedded: 5,
      removed: 1,
      kept_edits: 0,
      is_complete: true,
      problems: [{ url: 'https://help.example/x', reason: 'it answers 500' }],
      error: null,
    },
  };

  it('are shown with their last crawl, crawled now, and added', async () => {
    const { user, server, container } = show('sources', {
      'GET /knowledge/sources': ok({ sources: [SITE] }),
      'POST /knowledge/sources/s1/crawl': ok(),
      'POST /knowledge/sources': () => jsonResponse(400, { error: 'bad_request', detail: 'No.', fields: { url: 'is private' } }),
    });
    expect(await screen.findByText('https://help.example/x')).toBeInTheDocument();
    await expectAccessible(container);
    await user.click(screen.getByRole('button', { name: 'Crawl now' }));
    await waitFor(() => expect(server.asked('POST', '/knowledge/sources/s1/crawl')).toHaveLength(1));
    await user.click(screen.getByText('Add a help site'));
    await user.type(screen.getByLabelText('Address'), 'https://other.example/');
    await user.type(screen.getByLabelText(/Only pages that begin with/), '/help/');
    await user.click(screen.getByRole('button', { name: 'Add and crawl it' }));
    expect(await screen.findByText('is private')).toBeInTheDocument();
    expect(server.asked('POST', '/knowledge/sources')[0]?.body).toEqual({
      url: 'https://other.example/',
      include: ['/help/'],
      exclude: [],
      every_hours: 24,
    });
  });
});

describe('a gap', () => {
  it('starts a draft that names the topic and links the conversations', async () => {
    const gap: Schemas['GapView'] = {
      name: 'Hide birthdays calendar',
      count: 3,
      conversations: 2,
      channels: { email: 3 },
      examples: ['How do I hide birthdays?'],
      first_at: AT,
      last_at: AT,
      evidence: ['c1', 'c2'],
    };
    const { user, server } = show('gaps', {
      'GET /knowledge/gaps': ok({ days: 30, total: 3, gaps: [gap] }),
      'POST /knowledge/articles': () => jsonResponse(201, { ...saved(1), state: 'draft' }),
    });
    await user.click(await screen.findByRole('button', { name: 'Answer this gap' }));
    await waitFor(() => expect(window.location.hash).toBe('#/knowledge/articles/a1'));
    expect(server.asked('POST', '/knowledge/articles')[0]?.body).toMatchObject({
      title: 'Hide birthdays calendar',
      state: 'draft',
      conversations: ['c1', 'c2'],
    });
  });
});

describe('the try-out', () => {
  it('shows passages with scores, the verdict, and makes the text a regression question', async () => {
    const passage: Schemas['FoundPassage'] = {
      article_id: 'a1',
      version: 3,
      title: 'Hide birthdays',
      section: '',
      text: 'Click the gear.',
      url: null,
      language: 'en',
      is_whole: false,
      score: 0.71,
      title_score: 0.8,
    };
    const outcome: Schemas['SearchOutcome'] = {
      passages: [passage],
      answerable: 0.92,
      answerable_from: 0.55,
      would_answer: true,
      internal: [{ ...passage, article_id: 'a2', title: 'For us', text: 'Ask Otto.', score: 0.4 }],
    };
    const { user, server, container } = show('try-out', {
      'POST /knowledge/search': ok(outcome),
      'POST /knowledge/articles/a1/questions': () => jsonResponse(201, {}),
    });
    await user.type(await screen.findByLabelText('What a customer might write'), 'Birthdays away?');
    await user.click(screen.getByRole('button', { name: 'Search' }));
    expect(await screen.findByText('It would be answered from “Hide birthdays”')).toBeInTheDocument();
    expect(screen.getByText(/passage 71 %/)).toBeInTheDocument();
    expect(screen.getByRole('region', { name: 'For staff only' })).toHaveTextContent('Ask Otto.');
    await expectAccessible(container);
    await user.click(screen.getByRole('button', { name: 'This article must answer it' }));
    await waitFor(() =>
      expect(server.asked('POST', '/knowledge/articles/a1/questions')[0]?.body).toEqual({ question: 'Birthdays away?' }),
    );
  });
});
