import type { Metadata } from 'next';

import { SiteFrame } from '../components/SiteFrame';
import '../styles/support.css';

export const metadata: Metadata = { title: 'Page not found' };

export default function NotFound() {
  return (
    <SiteFrame>
      <div className="page page-narrow not-found">
        <p className="eyebrow">404</p>
        <h1>This page does not exist</h1>
        <p className="lead">The address may be mistyped, or the page has moved.</p>
        <div className="actions">
          <a className="button button-primary" href="/">
            Write to support
          </a>
          <a className="button" href="/ticket/">
            Find your request
          </a>
        </div>
      </div>
    </SiteFrame>
  );
}
