'use client';

import { wordFor } from '../../words';
import { StaffThread } from './StaffThread';

const KIND = { email: 'E-mail', phone: 'Phone', whatsapp: 'WhatsApp' };

/** Who the customer is, and what was said with them over every channel. */
export function CustomerPanel({ customer, history }) {
  if (!customer) return null;
  return (
    <section className="panel" aria-labelledby="customer-title">
      <h3 id="customer-title">{customer.name || 'Unknown customer'}</h3>
      {customer.identifiers?.length ? (
        <ul className="plain-list">
          {customer.identifiers.map(({ kind, value }) => (
            <li key={`${kind}-${value}`}>
              <span className="muted">{wordFor(KIND, kind)} </span>
              {value}
            </li>
          ))}
        </ul>
      ) : null}
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
