-- When an account would rather be visited, in the notation of its opening hours. Firm hours are kept
-- to like opening hours; others are a wish, which a plan weighs against travel. Without hours the
-- flag says nothing.
ALTER TABLE account
  ADD COLUMN preferred_hours text,
  ADD COLUMN preferred_hours_are_firm boolean NOT NULL DEFAULT false;

-- Sheets may say these, and how often an account is visited.
ALTER TABLE account_import
  ADD COLUMN preferred_hours text,
  ADD COLUMN preferred_hours_are_firm boolean NOT NULL DEFAULT false,
  ADD COLUMN visit_frequency text;
