'use client';

import { Notice } from '../../components/Notice';
import { usePresence } from '../live/usePresence';

/** Says who else has this conversation open, and warns where somebody else writes an answer. */
export function AlsoHere({ conversationId, isWriting }: { conversationId: string; isWriting: boolean }) {
  const people = usePresence(conversationId, isWriting);
  const writing = people.filter((person) => person.isWriting).map(({ name }) => name);
  if (writing.length > 0) {
    return (
      <Notice tone="warning" title={`${writing.join(' and ')} ${writing.length > 1 ? 'are' : 'is'} writing`}>
        {isWriting ? 'You both write an answer: agree before one of you sends it.' : 'Wait for the answer before you write your own.'}
      </Notice>
    );
  }
  return (
    <p className="muted small" role="status">
      {people.length > 0 ? `Also here: ${people.map(({ name }) => name).join(', ')}` : ''}
    </p>
  );
}
