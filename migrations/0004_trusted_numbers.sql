-- Who stands behind a number, who was deleted, and what was not received.

-- Every count also says how many accounts are behind it; minutes, hours and activity are dropped by partition when they age.

alter table count_minute rename to old_count_minute;
alter table count_hour rename to old_count_hour;
alter table author_hour rename to old_author_hour;
alter table author_day rename to old_author_day;

create table count_minute (
  bucket     timestamptz not null,
  dimension  text        not null,
  key        text        not null,
  part       smallint    not null default 0,
  n          bigint      not null,
  authors    bigint      not null default 0,
  constraint count_minute_key primary key (dimension, bucket, key, part)
) partition by range (bucket);

create table count_minute_other partition of count_minute default
  with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

create table count_hour (
  bucket     timestamptz not null,
  dimension  text        not null,
  key        text        not null,
  part       smallint    not null default 0,
  n          bigint      not null,
  authors    bigint      not null default 0,
  constraint count_hour_key primary key (dimension, bucket, key, part)
) partition by range (bucket);

create table count_hour_other partition of count_hour default
  with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

alter table count_day add column authors bigint not null default 0;

create table author_hour (
  bucket   timestamptz not null,
  user_id  uuid        not null,
  minutes  bigint      not null default 0,
  constraint author_hour_key primary key (bucket, user_id)
) partition by range (bucket);

create table author_hour_other partition of author_hour default with (fillfactor = 80);

create table author_day (
  bucket   timestamptz not null,
  user_id  uuid        not null,
  kinds    smallint    not null default 0,
  constraint author_day_key primary key (bucket, user_id)
) partition by range (bucket);

create table author_day_other partition of author_day default with (fillfactor = 85);

create table author_key (
  day        date     not null,
  dimension  text     not null,
  key        text     not null,
  user_id    uuid     not null,
  hour       smallint not null,
  n          integer  not null,
  constraint author_key_key primary key (dimension, key, user_id, day, hour)
) partition by range (day);

create table author_key_other partition of author_key default;

insert into count_minute (bucket, dimension, key, part, n) select bucket, dimension, key, part, n from old_count_minute;
insert into count_hour (bucket, dimension, key, part, n) select bucket, dimension, key, part, n from old_count_hour;
insert into author_hour (bucket, user_id) select bucket, user_id from old_author_hour;
insert into author_day (bucket, user_id) select bucket, user_id from old_author_day;

drop table old_count_minute, old_count_hour, old_author_hour, old_author_day;

comment on table  count_minute is 'How many rows contribute to a key of a dimension, by minute of their time_us. Dimension active has no rows behind it: its authors are the accounts that did something.';
comment on table  count_hour is 'As count_minute, by hour.';
comment on column count_minute.part is 'Log partition of the writer, so that writers never wait for one another; -2 for corrections by maintenance. Readers sum.';
comment on column count_minute.authors is 'Different accounts behind n, of dimensions that count them: by hour and day.';
comment on table  author_hour is 'Accounts that wrote, changed or deleted a record in an hour (network clock). A fact about the past: deletes do not undo it.';
comment on column author_hour.minutes is 'Bit m is set where the account was active in minute m of the hour; 0 in rows written before minutes were kept.';
comment on table  author_day is 'As author_hour, by UTC day.';
comment on column author_day.kinds is 'What it did, added up: 1 post, 2 like, 4 repost, 8 follow, 16 anything else.';
comment on table  author_key is 'How many live rows of an account contribute to a key in an hour: the accounts behind count_hour and count_day.';
comment on column author_key.hour is 'Hour of the day, 0 to 23, UTC.';

-- The deletion ledger.

create table account_standing (
  user_id      uuid        primary key,
  did          text        not null,
  hidden       boolean     not null,
  status       text,
  account_seq  bigint      not null default -1,
  cut_rev      text        collate "C",
  cut_bits     bigint,
  cut_reason   text,
  decided_at   timestamptz not null default now(),
  xid          xid8        not null default pg_current_xact_id(),
  settled_at   timestamptz
);

create index account_standing_waiting on account_standing (user_id) where settled_at is null;

comment on table  account_standing is 'The deletion ledger: accounts that are or were hidden, deleted, resynchronised, or purged by request.';
comment on column account_standing.hidden is 'Its rows stay, and neither show nor count, until an account event says that it is active again.';
comment on column account_standing.status is 'As the account event with the greatest seq said.';
comment on column account_standing.account_seq is 'Relay seq of that event; -1 where none came.';
comment on column account_standing.cut_rev is 'Records with a smaller rev are gone and do not come back: the greatest of all deletions and resyncs, as a TID.';
comment on column account_standing.cut_bits is 'cut_rev as a number.';
comment on column account_standing.cut_reason is 'deleted, sync or request.';
comment on column account_standing.xid is 'Transaction that changed the row last: rows of older transactions may still appear until they have ended.';
comment on column account_standing.settled_at is 'When all stored rows of the account were found to agree with it; null while that is still to be done.';

alter table bluesky_user add column hidden boolean not null default false;
update bluesky_user set hidden = not active and coalesce(status not in ('desynchronized', 'throttled'), true);
insert into account_standing (user_id, did, hidden, status, account_seq)
select id, did, hidden, status, coalesce(account_seq, -1)
from bluesky_user
where hidden;

alter table bluesky_post add column hidden boolean not null default false;
alter table bluesky_record add column hidden boolean not null default false;

comment on column bluesky_user.active is 'As the account event with the greatest seq said.';
comment on column bluesky_user.hidden is 'Whether the account''s posts are shown to nobody; advisory states do not hide. Reversible.';
comment on column bluesky_post.hidden is 'The account is hidden, so the row counts nothing.';
comment on column bluesky_record.hidden is 'The account is hidden, so the row counts nothing.';
comment on column bluesky_record.subject is 'Id of the post (like, repost) or account (follow, block) it points at; tombstones of follows and blocks keep it.';

-- What points at a post, and at an account.

create table engagement (
  subject  uuid     not null,
  hour     integer  not null,
  part     smallint not null default 0,
  likes    integer  not null default 0,
  reposts  integer  not null default 0,
  replies  integer  not null default 0,
  quotes   integer  not null default 0,
  constraint engagement_key primary key (subject, hour, part)
) with (fillfactor = 85);

create table tie (
  subject   uuid     not null,
  day       date     not null,
  part      smallint not null default 0,
  follows   integer  not null default 0,
  unfollows integer  not null default 0,
  blocks    integer  not null default 0,
  unblocks  integer  not null default 0,
  constraint tie_key primary key (subject, day, part)
) with (fillfactor = 85);

create table collection (
  nsid           text   primary key,
  first_seen_us  bigint not null
);

comment on table  engagement is 'Live records that point at a post, by hour of their time_us; also of posts that were never seen. A post''s total is the sum.';
comment on column engagement.hour is 'Hours since 1970; 0 gathers the old hours of posts of which nobody wants the curve.';
comment on table  tie is 'Follows and blocks of an account by others: live ones by day of their time_us, ended ones by day of their end.';
comment on table  collection is 'Every collection that was ever seen, with the least network time of a record of it, µs.';

-- What was received, and what was not.

create table coverage (
  source     text        not null,
  bucket     timestamptz not null,
  part       smallint    not null default 0,
  frames     bigint      not null,
  first_us   bigint      not null,
  last_us    bigint      not null,
  first_seq  bigint,
  last_seq   bigint,
  constraint coverage_key primary key (source, bucket, part)
) with (fillfactor = 85);

comment on table  coverage is 'What came from a source, by minute of network time.';
comment on column coverage.frames is 'Messages stored, repeats included.';

alter table gap
  drop constraint gap_pkey,
  alter column to_us drop not null,
  add column id bigint generated always as identity primary key,
  add column detail text,
  add column closed_at timestamptz,
  add column closed_by text,
  add constraint gap_once unique nulls not distinct (source, from_us, to_us, reason, detail);

comment on column gap.to_us is 'Null while it goes on.';
comment on column gap.detail is 'Where a gap is of one collection, its name.';
comment on column gap.closed_at is 'When a replay had filled it.';
comment on column gap.closed_by is 'Source that filled it.';

alter table position add column complete boolean not null default true;

comment on column position.complete is 'False for a source that was asked for some accounts only: it covers no time.';

-- Contributions of rows that were aged out: counts outlive rows.

create table count_settled (
  bucket     timestamptz not null,
  dimension  text        not null,
  key        text        not null,
  n          bigint      not null,
  primary key (bucket, dimension, key)
);

comment on table count_settled is 'Contributions, by hour, of rows whose partition was dropped: what counts hold beyond what rows can tell.';
