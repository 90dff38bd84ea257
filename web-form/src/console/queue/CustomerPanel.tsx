'use client';

import type { Schemas } from '../../api/types';
import { wordFor } from '../../words';
import { JoinCustomers } from './JoinCustomers';
import { StaffThread } from './StaffThread';

interface CustomerPanelProps {
  customer: Schemas['CustomerView'];
  history: Schemas['HistoryLine'][];
}

const KIND = { email: 'E-mail', phone: 'Phone', whatsapp: 'WhatsApp' };

/** Who the customer is, and what was said with them over every channel. */
export function CustomerPanel({ customer, history }: CustomerPanelProps) {
  return (
    <section className="panel" aria-labelledby="customer-title">
      <h3 id="customer-title">{customer.name || 'Unknown customer'}</h3>
      {customer.identifiers.length > 0 ? (
        <ul className="plain-list">
          {customer.identifiers.map(({ kind, value }) => (
            <li key={`${kind}-${value}`}>
              <span className="muted">{wordFor(KIND, kind)} </span>
              {value}
            </li>
          ))}
        </ul>
      ) : null}
      <JoinCustomers customer={customer} />
      {history.length > 0 ? (
        <details>
          <summary>
            Everything so far ({history.length} {history.length === 1 ? 'message' : 'messages'})
          </summary>
          <StaffThread messages={history} customerName={customer.name} label="History over all channels" />
        </details>
      ) : (
        <p className="muted small">No earlier messages.</p>
      )}
    </section>
  );
}
