ALTER TYPE channel ADD VALUE 'webchat';
