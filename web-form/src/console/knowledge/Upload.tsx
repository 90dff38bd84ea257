'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { Notice } from '../../components/Notice';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { useStaffAction } from '../useStaffAction';

type Outcome = Schemas['ImportOutcome'];

const KINDS = '.md,.markdown,.html,.htm,.csv,.tsv,.pdf,.docx,.txt';
/** Many pages are read and embedded before the answer. */
const PATIENCE_MS = 300_000;

/** Files become articles: looked at first, then published. */
export function Upload() {
  const [files, setFiles] = useState<readonly File[]>([]);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const send = async (preview: boolean) => {
    const body = new FormData();
    for (const file of files) body.append('files', file, file.name);
    const sent = await act((client) =>
      client.post('/api/v1/knowledge/import', { body, query: { preview }, timeoutMs: PATIENCE_MS }),
    );
    if (sent?.value) setOutcome(sent.value);
  };
  return (
    <>
      <div className="panel">
        <div className="field">
          <label htmlFor="files">Files</label>
          <input
            id="files"
            type="file"
            multiple
            accept={KINDS}
            aria-describedby="files-hint"
            onChange={(event) => {
              setFiles(Array.from(event.target.files ?? []));
              setOutcome(null);
            }}
          />
          <p id="files-hint" className="field-hint">
            Markdown, HTML, CSV, PDF, Word or text, up to 20 MB each. An article of the same title from an earlier upload is
            replaced.
          </p>
        </div>
        <div className="actions">
          <SendButton
            type="button"
            className="button button-primary button-small"
            isBusy={isBusy}
            waitSeconds={waitSeconds}
            busyText="Reading…"
            disabled={files.length === 0}
            onClick={() => send(true)}
          >
            Look at them first
          </SendButton>
        </div>
        <SendOutcome failure={failure} isSlow={isSlow} />
      </div>
      {outcome ? <Found outcome={outcome} isBusy={isBusy} onPublish={() => send(false)} /> : null}
    </>
  );
}

function Found({ outcome, isBusy, onPublish }: { outcome: Outcome; isBusy: boolean; onPublish: () => void }) {
  const leftOut = outcome.problems.filter(({ is_left_out: isLeftOut }) => isLeftOut);
  const count = outcome.articles.length;
  const articles = `${count} ${count === 1 ? 'article' : 'articles'}`;
  return (
    <section aria-labelledby="found-title" className="cards">
      <div className="panel">
        <h3 id="found-title">{outcome.is_published ? `Published: ${articles}` : `Would be published: ${articles}`}</h3>
        {outcome.is_published ? (
          <p role="status">
            {outcome.embedded} passages are new, {outcome.unchanged} were known
            {outcome.kept_edits > 0 ? `; ${outcome.kept_edits} articles that were changed here stay as they are` : ''}.
          </p>
        ) : (
          <div className="actions">
            <button type="button" className="button button-primary button-small" disabled={isBusy || count === 0} onClick={onPublish}>
              Publish {articles}
            </button>
          </div>
        )}
        {outcome.problems.length > 0 ? (
          <Notice tone="warning" title={leftOut.length > 0 ? `${leftOut.length} left out` : 'Good to know'}>
            <ul className="plain-list">
              {outcome.problems.map(({ file, place, reason }) => (
                <li key={`${file} ${place} ${reason}`}>
                  <strong>{place ? `${file}, ${place}` : file}</strong>: {reason}
                </li>
              ))}
            </ul>
          </Notice>
        ) : null}
        {Object.entries(outcome.columns).map(([file, columns]) => (
          <p key={file} className="muted small">
            {file}: {Object.entries(columns).map(([field, column]) => `${field} from “${column}”`).join(', ')}
          </p>
        ))}
      </div>
      {outcome.articles.map((article) => (
        <article key={article.article_id} className="panel">
          <h4>{article.title}</h4>
          <p className="muted small">
            {[
              article.place ? `${article.file}, ${article.place}` : article.file,
              article.language ?? 'language unknown',
              article.category,
              article.is_whole ? 'said whole' : '',
              article.is_outdated ? 'says that it is outdated: stored unpublished' : '',
            ]
              .filter(Boolean)
              .join(' · ')}
          </p>
          {article.url ? <p className="small">{article.url}</p> : <p className="muted small">No link</p>}
          <details>
            <summary>
              {article.passages.length} {article.passages.length === 1 ? 'passage' : 'passages'}
            </summary>
            {article.passages.map(({ section, text }, at) => (
              <blockquote key={`${at}`} className="passage">
                {section ? <p className="muted small">{section}</p> : null}
                <p className="candidate-text">{text}</p>
              </blockquote>
            ))}
          </details>
        </article>
      ))}
    </section>
  );
}
