-- The manifest as it was understood at admission: a newer program must not read an open release otherwise, or refuse it.
alter table sluice.release add column request jsonb;
