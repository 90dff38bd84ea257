'use client';

import { useCompany } from '../api/company';

/** The company's logo; without one, its first letter on its colour. */
export function BrandMark() {
  const { name, logo } = useCompany();
  // The text beside it names the company already.
  if (logo) return <img className="brand-mark" src={logo} alt="" />;
  return (
    <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <text x="16" y="16" dominantBaseline="central" textAnchor="middle">
        {[...name][0]?.toUpperCase()}
      </text>
    </svg>
  );
}
