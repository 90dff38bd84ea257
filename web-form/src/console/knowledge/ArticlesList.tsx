'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { wordFor, type Words } from '../../words';
import { May } from '../May';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';
import { LANGUAGES, LISTED, ORIGIN, STATE_TONE, VISIBILITY } from './articleWords';

const ABSENT = { title: 'No articles on this server', text: 'Customers would be answered from them.' };
const EMPTY = { title: 'No articles', text: 'Write one, upload files, or name a help site to read.' };
const PAGE = 50;

interface Filters {
  q: string;
  state: keyof typeof LISTED | '';
  language: string;
  visibility: keyof typeof VISIBILITY | '';
}
const ANY: Filters = { q: '', state: '', language: '', visibility: '' };
const FILTERS: readonly (readonly [Exclude<keyof Filters, 'q'>, string, Words])[] = [
  ['state', 'State', LISTED],
  ['language', 'Language', LANGUAGES],
  ['visibility', 'For', VISIBILITY],
];

/** All articles, those to review first; searched and filtered. */
export function ArticlesList() {
  const [filters, setFilters] = useState(ANY);
  const [cursor, setCursor] = useState(0);
  const narrow = (change: Partial<Filters>) => {
    setFilters({ ...filters, ...change });
    setCursor(0);
  };
  const query = {
    q: filters.q,
    state: filters.state || null,
    language: filters.language || null,
    visibility: filters.visibility || null,
    limit: PAGE,
    cursor,
  };
  const found = useStaffQuery('/api/v1/knowledge/articles', { query, pollFactor: 4 });
  return (
    <>
      <May role="editor">
        <div className="actions">
          <a className="button button-primary button-small" href="#/knowledge/articles/new">
            New article
          </a>
        </div>
      </May>
      <div className="filters" role="group" aria-label="Filter the articles">
        <div className="filter">
          <label htmlFor="filter-q">Words</label>
          <input
            id="filter-q"
            type="search"
            className="control control-small"
            value={filters.q}
            onChange={(event) => narrow({ q: event.target.value })}
          />
        </div>
        {FILTERS.map(([name, label, words]) => (
          <div key={name} className="filter">
            <label htmlFor={`filter-${name}`}>{label}</label>
            <span className="select">
              <select
                id={`filter-${name}`}
                className="control control-small"
                value={filters[name]}
                onChange={(event) => narrow({ [name]: event.target.value })}
              >
                <option value="">Any</option>
                {Object.entries(words).map(([code, word]) => (
                  <option key={code} value={code}>
                    {word}
                  </option>
                ))}
              </select>
            </span>
          </div>
        ))}
      </div>
      <QueryView query={found} absent={ABSENT} empty={EMPTY} isEmpty={({ articles }) => articles.length === 0}>
        {({ articles, next_cursor: next }) => (
          <>
            <ul className="article-list">
              {articles.map((article) => (
                <li key={article.id}>
                  <ArticleLine article={article} />
                </li>
              ))}
            </ul>
            <div className="actions">
              {cursor > 0 ? (
                <button type="button" className="button button-small" onClick={() => setCursor(Math.max(0, cursor - PAGE))}>
                  Earlier
                </button>
              ) : null}
              {next ? (
                <button type="button" className="button button-small" onClick={() => setCursor(Number(next))}>
                  More
                </button>
              ) : null}
            </div>
          </>
        )}
      </QueryView>
    </>
  );
}

function ArticleLine({ article }: { article: Schemas['ArticleSummary'] }) {
  const against = article.down_votes + article.reopened + article.contradicted;
  return (
    <a className="article-line" href={`#/knowledge/articles/${article.id}`}>
      <strong>{article.title || 'Without a title'}</strong>
      <span className="tags">
        <span className={`badge badge-${STATE_TONE[article.state]}`}>{wordFor(LISTED, article.state)}</span>
        {article.is_expired ? <span className="badge badge-warning">Expired</span> : null}
        {article.has_changes ? <span className="badge badge-info">Change waits</span> : null}
        {article.visibility === 'internal' ? <span className="badge badge-neutral">Staff only</span> : null}
        {against > 0 ? <span className="badge badge-danger">{against} against it</span> : null}
        <span className="muted small">
          {[wordFor(ORIGIN, article.origin), article.language, `version ${article.version}`].filter(Boolean).join(', ')},{' '}
          <Moment at={article.updated_at} />
        </span>
      </span>
    </a>
  );
}
