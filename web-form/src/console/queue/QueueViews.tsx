'use client';

import type { Schemas } from '../../api/types';

export type View = keyof Schemas['QueueCounts'];
export type Sort = 'urgent' | 'newest' | 'oldest';

const VIEW: Readonly<Record<View, string>> = { waiting: 'Waiting', mine: 'Mine', unassigned: 'Unassigned', mentioned: 'Mentions', snoozed: 'Snoozed', spam: 'Spam', all: 'All' };
const KEY: Readonly<Partial<Record<View, string>>> = { waiting: '1', mine: '2', unassigned: '3', all: '4' };
const SORT: Readonly<Record<Sort, string>> = { urgent: 'Most urgent first', newest: 'Newest first', oldest: 'Oldest first' };
/** The server counts no further. */
const COUNTED = 1000;
const isSort = (value: string): value is Sort => Object.hasOwn(SORT, value);

interface QueueViewsProps {
  view: View;
  sort: Sort;
  counts: Schemas['QueueCounts'] | undefined;
  onView: (view: View) => void;
  onSort: (sort: Sort) => void;
}

/** Which conversations are listed, each view with its count, and in which order. */
export function QueueViews({ view, sort, counts, onView, onSort }: QueueViewsProps) {
  return (
    <div className="queue-views">
      <div className="actions" role="group" aria-label="View">
        {(Object.keys(VIEW) as View[]).map((name) => (
          <button
            key={name}
            type="button"
            className={name === view ? 'button button-primary button-small' : 'button button-small'}
            aria-pressed={name === view}
            data-hotkey={KEY[name]}
            onClick={() => onView(name)}
          >
            {VIEW[name]}
            {counts ? ` (${counts[name] < COUNTED ? counts[name] : `${COUNTED - 1}+`})` : ''}
          </button>
        ))}
      </div>
      <label className="visually-hidden" htmlFor="queue-sort">
        Order
      </label>
      <span className="select">
        <select
          id="queue-sort"
          className="control control-small"
          value={sort}
          onChange={({ target }) => {
            if (isSort(target.value)) onSort(target.value);
          }}
        >
          {Object.entries(SORT).map(([code, word]) => (
            <option key={code} value={code}>
              {word}
            </option>
          ))}
        </select>
      </span>
    </div>
  );
}
