'use client';

import type { Schemas } from '../../api/types';
import { SendButton } from '../../components/SendButton';
import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';

const ABSENT = { title: 'No checks on this server', text: 'What is left to do before customers write would appear here.' };
const LEAD = 'What has to be right before customers write. It asks the channels’ providers and the model, so it takes a few seconds.';

/** Everything to check before going live: what is well, and what to do about the rest. */
export default function GoingLivePage() {
  // Each reading calls providers: only on opening the page and on request.
  const found = useStaffQuery('/api/v1/doctor', { pollFactor: 0 });
  const again = (
    <SendButton type="button" className="button button-small" isBusy={found.isFetching} busyText="Checking…" onClick={() => void found.refetch()}>
      Check again
    </SendButton>
  );
  return (
    <PageSection title="Going live" lead={LEAD} tools={again}>
      <QueryView query={found} absent={ABSENT}>
        {({ is_ready, checks }) => (
          <>
            <p role="status">{summary(is_ready, checks)}</p>
            <ul className="cards">
              {checks.map((check) => (
                <li key={check.name}>
                  <Checked check={check} />
                </li>
              ))}
            </ul>
          </>
        )}
      </QueryView>
    </PageSection>
  );
}

function summary(isReady: boolean, checks: readonly Schemas['CheckedView'][]): string {
  if (isReady) return 'Everything is ready for customers.';
  const wrong = checks.filter((check) => !check.is_well).length;
  return `${wrong} of ${checks.length} need work.`;
}

function Checked({ check }: { check: Schemas['CheckedView'] }) {
  return (
    <article className={check.is_well ? 'panel' : 'panel panel-warning'}>
      <header className="panel-head">
        <h3>{check.name}</h3>
        <p className="tags">
          <span className={`badge badge-${check.is_well ? 'success' : 'warning'}`}>{check.is_well ? 'OK' : 'To do'}</span>
        </p>
      </header>
      {check.seen ? <p className="muted">{check.seen}</p> : null}
      {check.problems.map((problem) => (
        <p key={problem}>{problem}</p>
      ))}
    </article>
  );
}
