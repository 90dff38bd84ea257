'use client';

import type { Schemas } from '../../api/types';
import { SendButton } from '../../components/SendButton';

interface UndeliveredNoteProps {
  delivery: Schemas['DeliveryView'];
  /** Sends it again; absent where it can't be. */
  onRetry?: (() => void) | undefined;
  isBusy: boolean;
}

/** Says of a reply that did not arrive whether it is tried again or failed for good, in the provider's words. */
export function UndeliveredNote({ delivery, onRetry, isBusy }: UndeliveredNoteProps) {
  const why = [delivery.words, delivery.code ? `(${delivery.code})` : ''].filter(Boolean).join(' ');
  return (
    <p className="small delivery-failed">
      {delivery.is_tried_again ? 'Not delivered yet; being tried again.' : 'Not delivered, and not tried again by itself.'} {why}{' '}
      {!delivery.is_tried_again && onRetry ? (
        <SendButton type="button" className="button button-small" isBusy={isBusy} busyText="One moment…" onClick={onRetry}>
          Retry
        </SendButton>
      ) : null}
    </p>
  );
}
