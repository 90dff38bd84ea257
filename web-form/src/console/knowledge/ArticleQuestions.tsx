'use client';

import { useState } from 'react';

import { FormField } from '../../components/FormField';
import { SendOutcome } from '../../components/SendOutcome';
import { May } from '../May';
import { useStaffAction } from '../useStaffAction';
import type { Article } from './articleWords';

/** The questions that this article must go on answering: asked whenever anything is published. */
export function ArticleQuestions({ article }: { article: Article }) {
  const [question, setQuestion] = useState('');
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const path = { article_id: article.id };
  const add = async () => {
    const outcome = await act((client) =>
      client.post('/api/v1/knowledge/articles/{article_id}/questions', { path, body: { question: question.trim() } }),
    );
    if (outcome?.value) setQuestion('');
  };
  const remove = (id: string) =>
    act((client) =>
      client.delete('/api/v1/knowledge/articles/{article_id}/questions/{question_id}', { path: { ...path, question_id: id } }),
    );
  return (
    <section className="panel" aria-labelledby="questions-title">
      <h3 id="questions-title">Questions that it must answer</h3>
      <p className="muted small">They are asked at every publication; what would take one of them away is not published.</p>
      {article.regression_questions.length > 0 ? (
        <ul className="plain-list">
          {article.regression_questions.map(({ id, question: asked }) => (
            <li key={id} className="line">
              {asked}{' '}
              <May role="editor">
                <button
                  type="button"
                  className="button button-plain button-small"
                  aria-label={`Remove “${asked}”`}
                  disabled={isBusy}
                  onClick={() => remove(id)}
                >
                  Remove
                </button>
              </May>
            </li>
          ))}
        </ul>
      ) : null}
      <May role="editor">
        <FormField name="question" label="Another question" isOptional maxLength={500} value={question} onChange={(_, value) => setQuestion(value)} />
        <div className="actions">
          <button type="button" className="button button-small" disabled={isBusy || question.trim().length < 3} onClick={add}>
            Add the question
          </button>
        </div>
      </May>
      <SendOutcome failure={failure} isSlow={isSlow} />
    </section>
  );
}
