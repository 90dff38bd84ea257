'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { FormField } from '../../components/FormField';
import { Notice } from '../../components/Notice';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { useStaffAction } from '../useStaffAction';

interface Tried {
  text: string;
  found: Schemas['SearchOutcome'];
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** What a customer's text finds, how sure it is, and whether it would be answered from it. */
export function TryOut() {
  const [text, setText] = useState('');
  const [tried, setTried] = useState<Tried | null>(null);
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const search = async () => {
    const outcome = await act((client) => client.post('/api/v1/knowledge/search', { body: { text: text.trim() } }));
    if (outcome?.value) setTried({ text: text.trim(), found: outcome.value });
  };
  return (
    <>
      <div className="panel">
        <FormField
          name="tried"
          as="textarea"
          rows={3}
          label="What a customer might write"
          maxLength={10_000}
          value={text}
          onChange={(_, value) => setText(value)}
        />
        <div className="actions">
          <SendButton
            type="button"
            className="button button-primary button-small"
            isBusy={isBusy}
            waitSeconds={waitSeconds}
            busyText="Searching…"
            disabled={!text.trim()}
            onClick={search}
          >
            Search
          </SendButton>
        </div>
        <SendOutcome failure={failure} isSlow={isSlow} />
      </div>
      {tried ? <Result tried={tried} /> : null}
    </>
  );
}

function Result({ tried: { text, found } }: { tried: Tried }) {
  const [best] = found.passages;
  const sure = `The passages hold the answer with ${percent(found.answerable)}; ${percent(found.answerable_from)} is needed.`;
  return (
    <>
      {found.would_answer && best ? (
        <Notice tone="success" title={`It would be answered from “${best.title}”`}>
          {sure}
        </Notice>
      ) : (
        <Notice tone="warning" title="A person would get it">
          {sure}
        </Notice>
      )}
      <ul className="cards">
        {found.passages.map((passage) => (
          <li key={`${passage.article_id} ${passage.section} ${passage.text}`}>
            <Passage passage={passage} text={text} />
          </li>
        ))}
      </ul>
      {found.internal.length > 0 ? (
        <section aria-labelledby="internal-title">
          <h3 id="internal-title">For staff only</h3>
          <ul className="cards">
            {found.internal.map((passage) => (
              <li key={`${passage.article_id} ${passage.text}`}>
                <Passage passage={passage} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}

function Passage({ passage, text }: { passage: Schemas['FoundPassage']; text?: string }) {
  return (
    <article className="panel">
      <header className="panel-head">
        <h3>
          <a href={`#/knowledge/articles/${passage.article_id}`}>{passage.title}</a>
        </h3>
        <p className="muted small">
          {[passage.section, `passage ${percent(passage.score)}`, `title ${percent(passage.title_score)}`, passage.language]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </header>
      <p className="candidate-text">{passage.text}</p>
      {text ? <MustAnswer articleId={passage.article_id} text={text} /> : null}
    </article>
  );
}

function MustAnswer({ articleId, text }: { articleId: string; text: string }) {
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const [isAdded, setAdded] = useState(false);
  const add = async () => {
    const outcome = await act((client) =>
      client.post('/api/v1/knowledge/articles/{article_id}/questions', {
        path: { article_id: articleId },
        body: { question: text.slice(0, 500) },
      }),
    );
    if (outcome?.value) setAdded(true);
  };
  return (
    <>
      <div className="actions">
        <button type="button" className="button button-small" disabled={isBusy || isAdded} onClick={add}>
          {isAdded ? 'Added' : 'This article must answer it'}
        </button>
      </div>
      <SendOutcome failure={failure} isSlow={isSlow} />
    </>
  );
}
