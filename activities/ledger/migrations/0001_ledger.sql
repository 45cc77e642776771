-- The truth that survives any run: who asked for what, what was intended, what it was before, what came of it.

create table sluice.lane (
  environment text not null,
  service     text not null,
  -- The fence: taken by a release and again by its way back; an effect of an older generation may not act.
  generation  bigint not null default 0,
  primary key (environment, service)
);

create table sluice.release (
  environment     text not null,
  service         text not null,
  version         text not null,
  sequence        bigint generated always as identity,
  manifest_hash   text not null,
  submission      jsonb not null,
  actor           text not null,
  state           text not null check (state in ('queued', 'running', 'ended')),
  plan            jsonb,
  plan_hash       text,
  generation      bigint,
  outcome         text check (outcome in ('released', 'rolled-back', 'needs-operator', 'refused')),
  failure_code    text,
  failure_message text,
  submitted_at    timestamptz not null default now(),
  started_at      timestamptz,
  ended_at        timestamptz,
  primary key (environment, service, version),
  foreign key (environment, service) references sluice.lane,
  check ((state = 'ended') = (outcome is not null))
);

create index release_open on sluice.release (environment, service, sequence) where state <> 'ended';

create table sluice.effect (
  environment text not null,
  service     text not null,
  version     text not null,
  name        text not null,
  sequence    bigint generated always as identity,
  generation  bigint not null,
  change      jsonb not null,
  before      jsonb not null,
  status      text not null check (status in ('intent', 'done', 'skipped')),
  note        text,
  intended_at timestamptz not null default now(),
  settled_at  timestamptz,
  primary key (environment, service, version, name),
  foreign key (environment, service, version) references sluice.release,
  check ((status = 'intent') = (settled_at is null))
);
