/** @type {import('next').NextConfig} */
const config = {
  output: 'export',
  trailingSlash: true,
  reactStrictMode: true,
  images: { unoptimized: true },
  // `npm run check` checks the types; a set-up only builds.
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: import.meta.dirname },
  // A fixed id keeps two exports of one commit byte for byte the same.
  generateBuildId: () => 'web-form',
};

export default config;
