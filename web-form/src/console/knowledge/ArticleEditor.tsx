'use client';

import { useState } from 'react';

import type { ApiError } from '../../api/errors';
import type { Schemas } from '../../api/types';
import { Notice } from '../../components/Notice';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { wordFor } from '../../words';
import { May } from '../May';
import { useStaffAction } from '../useStaffAction';
import { ArticleForm } from './ArticleForm';
import { bodyOf, fieldsOf, isSame, ORIGIN, STATE, STATE_TONE, type Article } from './articleWords';
import { TextDiff } from './TextDiff';

/** An article in its editor. What is typed survives a change by somebody else, and both texts are shown. */
export function ArticleEditor({ article }: { article: Article }) {
  const [basis, setBasis] = useState(article);
  const [fields, setFields] = useState(fieldsOf(article));
  const [faults, setFaults] = useState<ApiError['fields']>({});
  const [isAsking, setAsking] = useState(false);
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const isChanged = !isSame(fields, fieldsOf(basis));
  if (article.version !== basis.version && !isChanged) {
    // Somebody saved, and nothing typed here would be lost.
    setBasis(article);
    setFields(fieldsOf(article));
  }
  const isOvertaken = article.version !== basis.version;
  const path = { article_id: article.id };

  const save = async (state: Schemas['ArticleState'], replaces = basis.version) => {
    const outcome = await act((client) =>
      client.put('/api/v1/knowledge/articles/{article_id}', {
        path,
        body: { ...bodyOf(fields), state },
        header: { 'if-match': String(replaces) },
      }),
    );
    setFaults(outcome?.error?.fields ?? {});
    if (outcome?.value) {
      const saved = { ...article, ...bodyOf(fields), version: outcome.value.version, state: outcome.value.state };
      setBasis(saved);
      setFields(fieldsOf(saved));
    }
  };
  const remove = async () => {
    const outcome = await act((client) =>
      client.delete('/api/v1/knowledge/articles/{article_id}', { path, header: { 'if-match': String(basis.version) } }),
    );
    if (outcome?.value) window.location.hash = '/knowledge/articles';
  };
  const load = () => {
    setBasis(article);
    setFields(fieldsOf(article));
  };
  const isIncomplete = !fields.title.trim() || !fields.body.trim();
  const isPublished = article.state === 'published';

  return (
    <>
      <p className="tags">
        <span className={`badge badge-${STATE_TONE[article.state]}`}>{wordFor(STATE, article.state)}</span>
        {article.is_expired ? <span className="badge badge-warning">Expired</span> : null}
        {article.has_changes ? (
          <span className="badge badge-info">Version {article.published_version} is published, this change waits</span>
        ) : null}
        <span className="muted small">
          Version {article.version} by {article.author}. {wordFor(ORIGIN, article.origin)}
          {article.is_edited ? ', changed here' : ''}.
        </span>
      </p>
      {article.next_read ? <Notice tone="info">{article.next_read}</Notice> : null}
      {isOvertaken ? (
        <Notice
          tone="warning"
          title={`${article.author} saved version ${article.version} meanwhile`}
          actions={
            <div className="actions">
              <button type="button" className="button button-small" onClick={load}>
                Take version {article.version}
              </button>
              <button
                type="button"
                className="button button-small"
                disabled={isBusy || isIncomplete}
                onClick={() => save(isPublished ? 'published' : 'draft', article.version)}
              >
                Save mine as version {article.version + 1}
              </button>
            </div>
          }
        >
          Your text is still below. This is what differs, from theirs to yours:
          <TextDiff before={`${article.title}\n\n${article.body}`} after={`${fields.title}\n\n${fields.body}`} />
        </Notice>
      ) : null}
      <ArticleForm fields={fields} faults={faults} onChange={setFields}>
        <May role="editor">
          <div className="actions">
            <SendButton
              type="button"
              className="button button-primary button-small"
              isBusy={isBusy}
              waitSeconds={waitSeconds}
              busyText="One moment…"
              disabled={isIncomplete || isOvertaken || (isPublished && !isChanged && !article.has_changes)}
              onClick={() => save('published')}
            >
              {isPublished ? 'Publish the change' : 'Publish'}
            </SendButton>
            <button
              type="button"
              className="button button-small"
              disabled={isBusy || isOvertaken || !isChanged || !fields.title.trim()}
              onClick={() => save('draft')}
            >
              {isPublished ? 'Save the change as a draft' : 'Save as a draft'}
            </button>
            {isPublished ? (
              <button
                type="button"
                className="button button-small"
                disabled={isBusy || isOvertaken || isIncomplete}
                onClick={() => save('unpublished')}
              >
                Unpublish
              </button>
            ) : null}
            <button
              type="button"
              className="button button-danger button-small"
              aria-expanded={isAsking}
              disabled={isBusy}
              onClick={() => setAsking(!isAsking)}
            >
              Delete…
            </button>
          </div>
        </May>
        {isAsking ? (
          <Notice
            tone="warning"
            title="Delete this article?"
            actions={
              <button type="button" className="button button-danger button-small" onClick={remove}>
                Delete it
              </button>
            }
          >
            Nobody is answered from it any more. Its versions stay on record.
          </Notice>
        ) : null}
        <SendOutcome failure={failure} isSlow={isSlow} />
      </ArticleForm>
    </>
  );
}
