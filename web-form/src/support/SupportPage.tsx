'use client';

import { customerApi } from '../api/customer';
import { StatusChecker } from '../components/StatusChecker';
import { SupportForm } from './SupportForm';

export function SupportPage() {
  return (
    <div className="support-columns needs-script">
      <SupportForm api={customerApi} />
      <aside className="support-aside">
        <section aria-labelledby="next-title">
          <h2 id="next-title">What happens next</h2>
          <ol className="steps">
            <li>You get a ticket number and a private link to the conversation.</li>
            <li>Our assistant answers there from our documentation.</li>
            <li>Anything it should not decide goes to a person, with everything you wrote.</li>
          </ol>
        </section>
        <StatusChecker api={customerApi} />
      </aside>
    </div>
  );
}
