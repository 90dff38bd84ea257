'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { FormField } from '../../components/FormField';
import { CHANNEL, wordFor } from '../../words';
import { languageName } from './ProfileFormContext';

/** What customers of each channel would read: a greeting, an answer and a hand-over; by e-mail that is the mail. */
export function Specimens({ specimens }: { specimens: readonly Schemas['SpecimenView'][] }) {
  const [chosen, setChosen] = useState('');
  const codes = [...new Set(specimens.map(({ language }) => language))];
  const language = codes.includes(chosen) ? chosen : (codes[0] ?? '');
  return (
    <section className="specimens" aria-labelledby="specimens-title">
      <h3 id="specimens-title">What customers would read</h3>
      {codes.length > 1 ? (
        <FormField
          name="specimens-language"
          as="select"
          label="Language of the preview"
          options={codes.map((code) => [code, languageName(code)] as const)}
          isOptional
          optionalNote=""
          value={language}
          onChange={(_, code) => setChosen(code)}
        />
      ) : null}
      {specimens.length === 0 ? <p className="muted small">Shown as soon as the profile has no fault.</p> : null}
      <ul className="cards">
        {specimens
          .filter((specimen) => specimen.language === language)
          .map(({ channel, sender, greeting, answer, hand_over: handOver }) => (
            <li key={channel} className="panel">
              <h4>{wordFor(CHANNEL, channel)}</h4>
              {sender ? <p className="muted small">From {sender}</p> : null}
              {greeting ? <p className="muted small">Greeting: {greeting}</p> : null}
              <p className="muted small">{channel === 'email' ? 'A mail with an answer' : 'An answer'}</p>
              <div className="message-text">{answer}</div>
              <p className="muted small">{channel === 'email' ? 'A mail that hands over' : 'A hand-over'}</p>
              <div className="message-text">{handOver}</div>
            </li>
          ))}
      </ul>
    </section>
  );
}
