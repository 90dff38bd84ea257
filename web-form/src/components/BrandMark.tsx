export function BrandMark() {
  return (
    <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8 9h16v3.6h-6.1V24h-3.8V12.6H8z" />
    </svg>
  );
}
