import type { Schemas } from '../../api/types';
import { REASON, wordFor } from '../../words';
import { DraftSources } from './DraftSources';

/** What a draft is about and rests on. */
export function DraftFacts({ draft }: { draft: Schemas['DraftView'] }) {
  return (
    <>
      {draft.topic || draft.reason ? (
        <p className="tags">
          {draft.reason ? <span className="badge badge-warning">Hands over: {wordFor(REASON, draft.reason)}</span> : null}
          {draft.topic ? <span className="badge badge-neutral">{draft.topic}</span> : null}
        </p>
      ) : null}
      <DraftSources sources={draft.sources} title="Rests on" />
    </>
  );
}
