'use client';

import { Moment } from '../../components/Moment';
import { SendOutcome } from '../../components/SendOutcome';
import { QueryView } from '../QueryView';
import { useStaffAction } from '../useStaffAction';
import { useStaffQuery } from '../useStaffQuery';

const EMPTY = { title: 'No versions yet', text: 'The first one is made when you save.' };

/** Who saved what when, and the way back. */
export function Versions({ current }: { current: number }) {
  const versions = useStaffQuery('/api/v1/company/versions', { pollFactor: 2 });
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const restore = (version: number) =>
    act((client) => client.post('/api/v1/company/versions/{version}/restore', { path: { version } }));
  return (
    <section aria-labelledby="versions-title">
      <h3 id="versions-title">Versions</h3>
      <SendOutcome failure={failure} isSlow={isSlow} />
      <QueryView query={versions} absent={EMPTY} isEmpty={(data) => data.versions.length === 0}>
        {(data) => (
          <ul className="plain-list">
            {data.versions.map(({ version, author, created_at: at, restored_from: from }) => (
              <li key={version}>
                Version {version} by {author} <Moment at={at} /> {from ? `(version ${from} again)` : ''}{' '}
                {version === current ? (
                  <strong>in force</strong>
                ) : (
                  <button type="button" className="button button-small" disabled={isBusy} onClick={() => restore(version)}>
                    Restore version {version}
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </section>
  );
}
