'use client';

import type { Schemas } from '../../api/types';
import { Notice } from '../../components/Notice';
import { elapsedWords } from '../Elapsed';

/** Says for how long a reply on WhatsApp may be written freely. */
export function WhatsAppWindow({ conversation }: { conversation: Schemas['ConversationView'] }) {
  if (conversation.channel !== 'whatsapp') return null;
  const end = conversation.whatsapp_window_ends_at;
  const left = end ? new Date(end).getTime() - Date.now() : 0;
  if (!end || left <= 0) {
    return (
      <Notice tone="warning" title="WhatsApp’s 24 hours are over">
        Your reply goes out inside a template, if the company profile names one. Otherwise it waits until the customer writes.
      </Notice>
    );
  }
  const words = elapsedWords(new Date(Date.now() - left).toISOString());
  return <p className="muted small">You may write freely for another {words}; after that WhatsApp takes templates alone.</p>;
}
