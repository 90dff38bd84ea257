'use client';

import brand from '../brand.json';

export default function PageError({ reset }: { reset: () => void }) {
  return (
    <div className="page page-narrow">
      <h1>This page stopped working</h1>
      <p className="lead">
        What you typed is kept. Load the page again, or write to{' '}
        <a href={`mailto:${brand.supportEmail}`}>{brand.supportEmail}</a>.
      </p>
      <button type="button" className="button button-primary" onClick={() => reset()}>
        Load again
      </button>
    </div>
  );
}
