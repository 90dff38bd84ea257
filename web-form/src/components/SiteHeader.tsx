'use client';

import { useCompany } from '../api/company';
import { BrandMark } from './BrandMark';

export function SiteHeader() {
  const { product } = useCompany();
  return (
    <header className="site-header">
      <div className="site-header-inner">
        <a className="brand" href="/">
          <BrandMark />
          <span>{product}</span>
        </a>
        <nav aria-label="Main">
          <a href="/">New request</a>
          <a href="/ticket/">Your request</a>
        </nav>
      </div>
    </header>
  );
}
