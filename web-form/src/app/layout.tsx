import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';

import { CompanyLook } from '../components/CompanyLook';
import '../theme.css';
import '../styles/base.css';
import '../styles/controls.css';

export const metadata: Metadata = {
  title: 'Support',
  description: 'Write to the support team and follow the answer.',
  referrer: 'no-referrer',
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f5f7f6' },
    { media: '(prefers-color-scheme: dark)', color: '#0e1513' },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <a className="skip-link" href="#main">
          Skip to content
        </a>
        <CompanyLook />
        {children}
      </body>
    </html>
  );
}
