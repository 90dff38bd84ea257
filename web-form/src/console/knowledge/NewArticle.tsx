'use client';

import { useState } from 'react';

import type { ApiError } from '../../api/errors';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { forgetKey, keyFor } from '../../storage/idempotency';
import { useStaffAction } from '../useStaffAction';
import { ArticleForm } from './ArticleForm';
import { bodyOf, EMPTY } from './articleWords';

const SLOT = 'new-article';

/** A new article, as a draft or published at once. */
export function NewArticle() {
  const [fields, setFields] = useState(EMPTY);
  const [faults, setFaults] = useState<ApiError['fields']>({});
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const create = async (state: 'draft' | 'published') => {
    const body = { ...bodyOf(fields), state, questions: [], conversations: [] };
    const outcome = await act((client) =>
      client.post('/api/v1/knowledge/articles', { body, header: { 'idempotency-key': keyFor(SLOT, body) } }),
    );
    setFaults(outcome?.error?.fields ?? {});
    if (outcome?.value) {
      forgetKey(SLOT);
      window.location.hash = `/knowledge/articles/${outcome.value.id}`;
    }
  };
  return (
    <ArticleForm fields={fields} faults={faults} onChange={setFields}>
      <div className="actions">
        <SendButton
          type="button"
          className="button button-primary button-small"
          isBusy={isBusy}
          waitSeconds={waitSeconds}
          busyText="One moment…"
          disabled={!fields.title.trim() || !fields.body.trim()}
          onClick={() => create('published')}
        >
          Publish
        </SendButton>
        <button
          type="button"
          className="button button-small"
          disabled={isBusy || !fields.title.trim()}
          onClick={() => create('draft')}
        >
          Save as a draft
        </button>
      </div>
      <SendOutcome failure={failure} isSlow={isSlow} />
    </ArticleForm>
  );
}
