import type { Schemas } from '../../api/types';
import { CHANNEL, wordFor } from '../../words';

/** What customers of each channel would read. */
export function Specimens({ specimens }: { specimens: readonly Schemas['SpecimenView'][] }) {
  return (
    <section aria-labelledby="specimens-title">
      <h3 id="specimens-title">What customers would read</h3>
      <ul className="cards">
        {specimens.map(({ channel, answer, hand_over: handOver }) => (
          <li key={channel} className="panel">
            <h4>{wordFor(CHANNEL, channel)}</h4>
            <p className="muted small">An answer</p>
            <div className="message-text">{answer}</div>
            <p className="muted small">A hand-over</p>
            <div className="message-text">{handOver}</div>
          </li>
        ))}
      </ul>
    </section>
  );
}
