'use client';

import type { Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { keyFor } from '../../storage/idempotency';
import { May } from '../May';
import { QueryView } from '../QueryView';
import { useStaffAction } from '../useStaffAction';
import { useStaffQuery } from '../useStaffQuery';
import { bodyOf, EMPTY } from './articleWords';

const ABSENT = { title: 'No gaps on this server' };
const NO_GAPS = { title: 'No gaps', text: 'Every question of the last 30 days found an answer.' };

/** Questions that found no answer, grouped; each may start a draft. */
export function Gaps() {
  const found = useStaffQuery('/api/v1/knowledge/gaps', { query: { days: 30 }, pollFactor: 8 });
  return (
    <QueryView query={found} absent={ABSENT} empty={NO_GAPS} isEmpty={({ gaps }) => gaps.length === 0}>
      {({ gaps, days, total }) => (
        <>
          <p className="muted small">
            {total} questions of the last {days} days found no answer.
          </p>
          <ul className="cards">
            {gaps.map((gap) => (
              <li key={gap.name}>
                <Gap gap={gap} />
              </li>
            ))}
          </ul>
        </>
      )}
    </QueryView>
  );
}

function Gap({ gap }: { gap: Schemas['GapView'] }) {
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const draft = async () => {
    // The topic, and no customer's sentence, becomes the title.
    const title = gap.name.length >= 3 ? gap.name : `Topic ${gap.name}`;
    const body = { ...bodyOf({ ...EMPTY, title }), state: 'draft' as const, conversations: gap.evidence, questions: [] };
    const outcome = await act((client) =>
      client.post('/api/v1/knowledge/articles', { body, header: { 'idempotency-key': keyFor(`gap ${gap.name}`, body) } }),
    );
    if (outcome?.value) window.location.hash = `/knowledge/articles/${outcome.value.id}`;
  };
  return (
    <article className="panel">
      <header className="panel-head">
        <h3>{gap.name}</h3>
        <p className="muted small">
          {gap.count} times in {gap.conversations} conversations, last <Moment at={gap.last_at} />
        </p>
      </header>
      <ul className="plain-list">
        {gap.examples.map((example) => (
          <li key={example}>“{example}”</li>
        ))}
      </ul>
      <May role="editor">
        <div className="actions">
          <SendButton
            type="button"
            className="button button-primary button-small"
            isBusy={isBusy}
            waitSeconds={waitSeconds}
            busyText="One moment…"
            onClick={draft}
          >
            Answer this gap
          </SendButton>
        </div>
      </May>
      <SendOutcome failure={failure} isSlow={isSlow} />
    </article>
  );
}
