'use client';

import { useEffect, useState } from 'react';

import { useStaff } from '../StaffContext';
import { useLive, type Person } from './DeskLive';

const AGAIN_MS = 10_000;

/** Tells the others that this conversation is open here, and returns who else has it open. */
export function usePresence(conversationId: string, isWriting: boolean): readonly Person[] {
  const { client } = useStaff();
  const { isLive, peopleIn } = useLive();
  const [, setTick] = useState(0);
  useEffect(() => {
    if (!isLive) return undefined;
    const tell = () => {
      setTick((tick) => tick + 1);
      // Whoever may only read is refused; that changes nothing for them.
      client
        .post('/api/v1/staff/conversations/{conversation_id}/presence', {
          path: { conversation_id: conversationId },
          body: { is_writing: isWriting },
        })
        .catch(() => undefined);
    };
    tell();
    const timer = setInterval(tell, AGAIN_MS);
    return () => clearInterval(timer);
  }, [client, isLive, conversationId, isWriting]);
  return peopleIn(conversationId);
}
