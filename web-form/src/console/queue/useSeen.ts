'use client';

import { useEffect } from 'react';

import type { Schemas } from '../../api/types';
import { useStaff } from '../StaffContext';

/** Marks the conversation as read whenever it shows a new message to its owner, or to anybody while nobody owns it. */
export function useSeen({ id, owner_name: owner }: Schemas['ConversationView'], messageCount: number): void {
  const { client, viewer, may } = useStaff();
  const isReader = !may('agent');
  useEffect(() => {
    if (isReader || (owner && owner !== viewer)) return;
    client.post('/api/v1/staff/conversations/{conversation_id}/seen', { path: { conversation_id: id } }).catch(() => undefined);
  }, [client, viewer, isReader, id, owner, messageCount]);
}
