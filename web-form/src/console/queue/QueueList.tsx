'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';

import type { Schemas } from '../../api/types';
import { QueueCard } from './QueueCard';

const CARD_PX = 132;
const AHEAD = 8;

interface QueueListProps {
  conversations: readonly Schemas['QueueLine'][];
  selectedId: string | undefined;
  /** Chosen for a bulk act. */
  chosen: ReadonlySet<string>;
  onChoose: (id: string, isChosen: boolean) => void;
  /** Called when the end comes near; absent at the end. */
  onEnd?: (() => void) | undefined;
}

/** The queue in the server's order. Only what can be seen is in the page, however long the list. */
export function QueueList({ conversations, selectedId, chosen, onChoose, onEnd }: QueueListProps) {
  const scroller = useRef<HTMLUListElement>(null);
  const rows = useVirtualizer({
    count: conversations.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD_PX,
    getItemKey: (index) => conversations[index]?.id ?? index,
    overscan: AHEAD,
  });
  const shown = rows.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  const selected = conversations.findIndex(({ id }) => id === selectedId);

  useEffect(() => {
    if (onEnd && lastShown >= conversations.length - AHEAD) onEnd();
  }, [onEnd, lastShown, conversations.length]);
  useEffect(() => {
    if (selected >= 0) rows.scrollToIndex(selected, { align: 'auto' });
    // Only when another one is opened: the list moves under the reader otherwise.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [selectedId]);

  return (
    <>
      <ul
        className="queue-list"
        ref={scroller}
        aria-label="Conversations"
        style={{ paddingTop: shown[0]?.start ?? 0, paddingBottom: Math.max(0, rows.getTotalSize() - (shown.at(-1)?.end ?? 0)) }}
      >
        {shown.map(({ index, key }) => {
          const conversation = conversations[index];
          if (!conversation) return null;
          return (
            <li key={key} data-index={index} ref={rows.measureElement} aria-posinset={index + 1} aria-setsize={onEnd ? -1 : conversations.length}>
              <QueueCard
                conversation={conversation}
                isOpen={conversation.id === selectedId}
                isChosen={chosen.has(conversation.id)}
                onChoose={onChoose}
              />
            </li>
          );
        })}
      </ul>
      <Step to={conversations[selected + 1]?.id} hotkey="j" />
      <Step to={conversations[selected - 1]?.id} hotkey="k" />
    </>
  );
}

/** What the keys for the next and the previous conversation press. */
function Step({ to, hotkey }: { to: string | undefined; hotkey: string }) {
  if (!to) return null;
  return <a hidden data-hotkey={hotkey} href={`#/queue/${encodeURIComponent(to)}`} />;
}
