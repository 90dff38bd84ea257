'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { SendOutcome } from '../../components/SendOutcome';
import { useSend } from '../../hooks/useSend';
import { REASON, wordFor } from '../../words';
import { useStaff } from '../StaffContext';
import { explainStaffFailure } from '../staffFailures';
import { DraftSources } from './DraftSources';

interface SuggestReplyProps {
  conversationId: string;
  /** Takes the suggested text; what was typed before is kept above it. */
  onSuggest: (text: string) => void;
}

/** Asks the assistant for a reply that the person may change before sending it. */
export function SuggestReply({ conversationId, onSuggest }: SuggestReplyProps) {
  const { client } = useStaff();
  const { send, isBusy, isSlow, failure } = useSend({ explain: explainStaffFailure });
  const [suggestion, setSuggestion] = useState<Schemas['SuggestionView']>();

  const suggest = async () => {
    setSuggestion(undefined);
    const outcome = await send(() =>
      client.post('/api/v1/staff/conversations/{conversation_id}/suggest', { path: { conversation_id: conversationId } }),
    );
    if (!outcome || outcome.error) return;
    setSuggestion(outcome.value);
    if (outcome.value.draft) onSuggest(outcome.value.draft);
  };

  return (
    <div className="suggest">
      <button type="button" className="button button-small" disabled={isBusy} onClick={() => void suggest()}>
        {isBusy ? 'Reading…' : 'Suggest a reply'}
      </button>
      <div role="status">
        {suggestion && !suggestion.draft ? (
          <p className="muted small">
            {suggestion.reason ? `No suggestion: ${wordFor(REASON, suggestion.reason).toLowerCase()}.` : 'No suggestion for this.'}
          </p>
        ) : null}
        {suggestion ? <DraftSources sources={suggestion.sources} title={suggestion.draft ? 'Rests on' : 'Closest articles'} /> : null}
      </div>
      <SendOutcome failure={failure} isSlow={isSlow} />
    </div>
  );
}
