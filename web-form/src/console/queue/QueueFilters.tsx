'use client';

import { CHANNEL, REASON, STAFF_STATUS, type Words } from '../../words';

const OWNER = { human: 'A person', agent: 'The assistant' };

/** What the queue may be narrowed to; '' is any. */
export interface Filters {
  owner: keyof typeof OWNER | '';
  status: keyof typeof STAFF_STATUS | '';
  channel: keyof typeof CHANNEL | '';
  reason: keyof typeof REASON | '';
}

export const ANY: Filters = { owner: '', status: '', channel: '', reason: '' };

const FILTERS: readonly (readonly [keyof Filters, string, Words])[] = [
  ['owner', 'Owner', OWNER],
  ['status', 'Status', STAFF_STATUS],
  ['channel', 'Channel', CHANNEL],
  ['reason', 'Reason', REASON],
];

interface QueueFiltersProps {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

export function QueueFilters({ filters, onChange }: QueueFiltersProps) {
  const isFiltered = Object.values(filters).some(Boolean);
  return (
    <div className="filters" role="group" aria-label="Filter the queue">
      {FILTERS.map(([name, label, words]) => (
        <div key={name} className="filter">
          <label htmlFor={`filter-${name}`}>{label}</label>
          <span className="select">
            <select
              id={`filter-${name}`}
              className="control control-small"
              value={filters[name]}
              onChange={(event) => onChange({ ...filters, [name]: event.target.value })}
            >
              <option value="">Any</option>
              {Object.entries(words).map(([code, word]) => (
                <option key={code} value={code}>
                  {word}
                </option>
              ))}
            </select>
          </span>
        </div>
      ))}
      {isFiltered ? (
        <button type="button" className="button button-plain button-small" onClick={() => onChange(ANY)}>
          Clear filters
        </button>
      ) : null}
    </div>
  );
}
