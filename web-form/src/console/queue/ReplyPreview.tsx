'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { RichText } from '../../components/RichText';
import { useStaff } from '../StaffContext';

const PAUSE_MS = 400;

/** Shows a reply as its reader will see it; the server applies the channel's own rules. */
export function ReplyPreview({ conversationId, text }: { conversationId: string; text: string }) {
  const { client } = useStaff();
  const content = useSettled(text.trim());
  const { data } = useQuery({
    queryKey: ['reply-preview', conversationId, content],
    queryFn: ({ signal }) =>
      client.post('/api/v1/staff/conversations/{conversation_id}/preview', {
        path: { conversation_id: conversationId },
        body: { content },
        signal,
      }),
    enabled: content !== '',
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    staleTime: Infinity,
  });

  if (!content || !data || !differs(data, content)) return null;
  return (
    <section className="reply-preview" aria-label="Preview">
      <p className="muted small">
        {data.parts.length > 1 ? `This is how it arrives, in ${data.parts.length} messages:` : 'This is how it arrives:'}
      </p>
      {data.html ? (
        <div className="message-text">
          <RichText html={data.html} />
        </div>
      ) : (
        data.parts.map((part, index) => (
          <div key={index} className="message-text">
            {part}
          </div>
        ))
      )}
    </section>
  );
}

/** A reply without marks looks as it is typed, so it needs no preview. */
function differs(data: { parts: readonly string[]; html: string | null }, content: string): boolean {
  return data.parts.length > 1 || data.parts[0] !== content || /<(?!\/?p>|br)/.test(data.html ?? '');
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
