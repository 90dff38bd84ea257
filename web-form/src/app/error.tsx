'use client';

import { MailAddress } from '../components/MailAddress';

export default function PageError({ reset }: { reset: () => void }) {
  return (
    <div className="page page-narrow">
      <h1>This page stopped working</h1>
      <p className="lead">
        What you typed is kept. Load the page again
        <MailAddress before=", or write to" />.
      </p>
      <button type="button" className="button button-primary" onClick={() => reset()}>
        Load again
      </button>
    </div>
  );
}
