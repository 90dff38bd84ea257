'use client';

import { useState } from 'react';

import type { ApiError } from '../../api/errors';
import type { Schemas } from '../../api/types';
import { FormField } from '../../components/FormField';
import { Moment } from '../../components/Moment';
import { Notice } from '../../components/Notice';
import { SendOutcome } from '../../components/SendOutcome';
import { May } from '../May';
import { QueryView } from '../QueryView';
import { useStaffAction } from '../useStaffAction';
import { useStaffQuery } from '../useStaffQuery';

const ABSENT = { title: 'No help sites on this server' };
const EMPTY = { title: 'No help site yet', text: 'Its pages become articles, and are read again as often as you say.' };
const FIRST = { url: '', include: '', exclude: '', hours: '24' };
const linesOf = (text: string) => text.split('\n').map((line) => line.trim()).filter(Boolean);

/** Help sites that are read again and again, and what the last crawl of each did. */
export function Sources() {
  const found = useStaffQuery('/api/v1/knowledge/sources', { pollFactor: 1 });
  return (
    <>
      <AddSource />
      <QueryView query={found} absent={ABSENT} empty={EMPTY} isEmpty={({ sources }) => sources.length === 0}>
        {({ sources }) => (
          <ul className="cards">
            {sources.map((source) => (
              <li key={source.id}>
                <Source source={source} />
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </>
  );
}

function AddSource() {
  const [fields, setFields] = useState(FIRST);
  const [faults, setFaults] = useState<ApiError['fields']>({});
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const set = (name: keyof typeof FIRST, value: string) => setFields({ ...fields, [name]: value });
  const add = async () => {
    const body = {
      url: fields.url.trim(),
      include: linesOf(fields.include),
      exclude: linesOf(fields.exclude),
      every_hours: Number(fields.hours) || 24,
    };
    const outcome = await act((client) => client.post('/api/v1/knowledge/sources', { body }));
    setFaults(outcome?.error?.fields ?? {});
    if (outcome?.value) setFields(FIRST);
  };
  return (
    <May role="editor">
      <details className="panel">
        <summary>Add a help site</summary>
        <FormField
          name="url"
          type="url"
          label="Address"
          hint="Its pages below this address are read, by its sitemap or from link to link. robots.txt is obeyed."
          value={fields.url}
          error={faults.url ?? ''}
          onChange={set}
        />
        <FormField
          name="include"
          as="textarea"
          rows={2}
          label="Only pages that begin with"
          hint="A path or an address a line, such as /help/; * stands for anything."
          isOptional
          value={fields.include}
          error={Object.entries(faults).find(([name]) => name.startsWith('include'))?.[1] ?? ''}
          onChange={set}
        />
        <FormField
          name="exclude"
          as="textarea"
          rows={2}
          label="No pages that begin with"
          isOptional
          value={fields.exclude}
          error={Object.entries(faults).find(([name]) => name.startsWith('exclude'))?.[1] ?? ''}
          onChange={set}
        />
        <FormField
          name="hours"
          type="number"
          inputMode="numeric"
          label="Hours between two crawls"
          value={fields.hours}
          error={faults.every_hours ?? ''}
          onChange={set}
        />
        <div className="actions">
          <button type="button" className="button button-primary button-small" disabled={isBusy || !fields.url.trim()} onClick={add}>
            Add and crawl it
          </button>
        </div>
        <SendOutcome failure={failure} isSlow={isSlow} />
      </details>
    </May>
  );
}

function Source({ source }: { source: Schemas['HelpSiteView'] }) {
  const [isAsking, setAsking] = useState(false);
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const path = { source_id: source.id };
  const crawl = () => act((client) => client.post('/api/v1/knowledge/sources/{source_id}/crawl', { path }));
  const remove = () => act((client) => client.delete('/api/v1/knowledge/sources/{source_id}', { path }));
  const { report } = source;
  return (
    <article className="panel">
      <header className="panel-head">
        <h3>{source.url}</h3>
        <p className="muted small">
          {source.articles} articles, every {source.every_hours} hours
          {source.include.length > 0 ? `, only ${source.include.join(', ')}` : ''}
          {source.exclude.length > 0 ? `, not ${source.exclude.join(', ')}` : ''}
        </p>
      </header>
      <p>
        {source.is_running ? (
          'A crawl is under way.'
        ) : source.finished_at ? (
          <>
            Last crawl <Moment at={source.finished_at} />, next <Moment at={source.next_crawl_at} />.
          </>
        ) : (
          'The first crawl begins in a moment.'
        )}
      </p>
      {report?.error ? (
        <Notice tone="warning" title="The site could not be read">
          {report.error}. Nothing was changed.
        </Notice>
      ) : null}
      {report && !report.error ? (
        <p className="small">
          {report.pages} pages read, {report.unchanged} unchanged, {report.articles} articles new or changed, {report.embedded}{' '}
          passages embedded, {report.removed} articles removed
          {report.kept_edits > 0 ? `, ${report.kept_edits} changed here and kept` : ''}.
          {report.is_complete ? '' : ' The crawl ended before it had read every page.'}
        </p>
      ) : null}
      {report && report.problems.length > 0 ? (
        <details>
          <summary>{report.problems.length} pages to look at</summary>
          <ul className="plain-list">
            {report.problems.map(({ url, reason }) => (
              <li key={`${url} ${reason}`}>
                <strong>{url}</strong>: {reason}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      <May role="editor">
        <div className="actions">
          <button type="button" className="button button-small" disabled={isBusy} onClick={crawl}>
            Crawl now
          </button>
          <button
            type="button"
            className="button button-danger button-small"
            aria-expanded={isAsking}
            onClick={() => setAsking(!isAsking)}
          >
            Remove…
          </button>
        </div>
      </May>
      {isAsking ? (
        <Notice
          tone="warning"
          title="Remove this site and its articles?"
          actions={
            <button type="button" className="button button-danger button-small" disabled={isBusy} onClick={remove}>
              Remove it
            </button>
          }
        >
          Nobody is answered from its {source.articles} articles any more.
        </Notice>
      ) : null}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </article>
  );
}
