-- What the migrations add up to, for reading. Made by npm run db:schema; changes belong into migrations/.
-- The store adds partitions to the partitioned tables when it first needs them.

create type operation as enum ('create', 'update', 'delete');

create table migration (
  number      integer      not null,
  name        text         not null,
  checksum    text         not null,
  applied_at  timestamptz  not null default now(),
  primary key (number)
);
comment on table migration is 'The files of migrations/ that made this database, with their SHA-256.';

create table bluesky_user (
  id              uuid         not null,
  did             text         not null,
  handle          text,
  active          boolean      not null default true,
  status          text,
  seq             bigint,
  identity_seq    bigint,
  account_seq     bigint,
  bsky_timestamp  timestamptz,
  first_seen_at   timestamptz,
  last_seen_at    timestamptz,
  created_at      timestamptz  not null default now(),
  updated_at      timestamptz  not null default now(),
  hidden          boolean      not null default false,
  primary key (id),
  unique (did)
) with (fillfactor=85);
create index bluesky_user_by_handle on bluesky_user using btree (lower(handle)) where handle is not null;
comment on table bluesky_user is 'Accounts that did something while we listened.';
comment on column bluesky_user.id is 'UUIDv8 of SHA-256(did).';
comment on column bluesky_user.handle is 'Last handle an identity event claimed; never overwritten by an event without one.';
comment on column bluesky_user.active is 'As the account event with the greatest seq said.';
comment on column bluesky_user.status is 'takendown, suspended, deleted, deactivated … as the last account event said.';
comment on column bluesky_user.seq is 'Greatest relay sequence number among the account''s identity and account events.';
comment on column bluesky_user.identity_seq is 'seq of the identity event that gave the handle; only one with a greater seq replaces it.';
comment on column bluesky_user.account_seq is 'seq of the account event that gave active and status, likewise.';
comment on column bluesky_user.bsky_timestamp is 'Relay time of the event that seq names.';
comment on column bluesky_user.first_seen_at is 'Hour of the earliest event by the account (network clock).';
comment on column bluesky_user.last_seen_at is 'Hour of the latest event by the account (network clock).';
comment on column bluesky_user.hidden is 'Whether the account''s posts are shown to nobody; advisory states do not hide. Reversible.';

create table bluesky_post (
  id               uuid         not null,
  user_id          uuid         not null,
  time_us          bigint       not null,
  bsky_created_at  timestamptz,
  operation        operation    not null,
  rev              text         collate "C" not null,
  rkey             text         not null,
  collection       text         not null,
  record_type      text,
  cid              text,
  uri              text         not null,
  text             text,
  langs            text[],
  tags             text[],
  domains          text[],
  parent_cid       text,
  parent_uri       text,
  root_cid         text,
  root_uri         text,
  additional_data  jsonb,
  search           tsvector,
  created_at       timestamptz  not null default now(),
  updated_at       timestamptz  not null default now(),
  hidden           boolean      not null default false,
  primary key (id),
  foreign key (user_id) references bluesky_user(id)
) partition by range (id);
create index bluesky_post_by_user on bluesky_post using btree (user_id, id);
create index bluesky_post_by_search on bluesky_post using gin (search);
comment on table bluesky_post is 'Posts, each row the last operation on the record; a delete keeps the row and wipes the content.';
comment on column bluesky_post.time_us is 'Network clock of the last operation, µs since 1970.';
comment on column bluesky_post.bsky_created_at is 'The author''s createdAt, where it is a sane date; the raw claim is in additional_data.';
comment on column bluesky_post.rev is 'Repository revision of the last operation; a write applies only if its rev is greater.';
comment on column bluesky_post.langs is 'Languages as declared by the author.';
comment on column bluesky_post.tags is 'Hashtags, folded: NFKC, lower case, without #, each once.';
comment on column bluesky_post.domains is 'Registrable domains linked to, each once.';
comment on column bluesky_post.additional_data is 'Facets, media, quote, labels, raw createdAt.';
comment on column bluesky_post.search is 'Typed lexemes (lang:pt, tag:…, domain:…) of a live post.';
comment on column bluesky_post.hidden is 'The account is hidden, so the row counts nothing.';

create table bluesky_post_other partition of bluesky_post default;
comment on table bluesky_post_other is 'Rows whose id falls on a day that has no partition: odd record keys, old records.';

create table bluesky_record (
  id          uuid       not null,
  user_id     uuid       not null,
  subject     uuid,
  time_us     bigint     not null,
  rev         bigint     not null,
  operation   operation  not null,
  collection  text       not null,
  hidden      boolean    not null default false,
  primary key (id)
) partition by range (id);
comment on table bluesky_record is 'Every record that is not a post, of any collection, each row the last operation; and identity, account and sync events as pseudo-collections $identity, $account, $sync.';
comment on column bluesky_record.subject is 'Id of the post (like, repost) or account (follow, block) it points at; tombstones of follows and blocks keep it.';
comment on column bluesky_record.rev is 'Repository revision as the 64-bit number of its TID; for pseudo-collections the relay''s seq.';
comment on column bluesky_record.hidden is 'The account is hidden, so the row counts nothing.';

create table bluesky_record_other partition of bluesky_record default;
comment on table bluesky_record_other is 'Rows whose id falls on a day that has no partition.';

create table raw_message (
  id          uuid         not null,
  did         text,
  time_us     bigint,
  kind        text,
  raw_data    jsonb,
  bytes       bytea,
  error       text,
  processed   boolean      not null default false,
  host        text         not null,
  wire        text         not null,
  seq         bigint,
  created_at  timestamptz  not null default now(),
  updated_at  timestamptz  not null default now(),
  primary key (id)
);
create index raw_message_waiting on raw_message using btree (id) where not processed;
comment on table raw_message is 'Messages that could not be stored, with the reason; kept until dealt with.';
comment on column raw_message.id is 'UUIDv8 of the arrival''s network time and SHA-256(bytes): the same message is kept once.';
comment on column raw_message.raw_data is 'The message, where jsonb can hold it.';
comment on column raw_message.bytes is 'The message as received, where jsonb cannot hold it.';
comment on column raw_message.error is 'Why it could not be stored.';

create table count_day (
  bucket     timestamptz  not null,
  dimension  text         not null,
  key        text         not null,
  part       smallint     not null default 0,
  n          bigint       not null,
  authors    bigint       not null default 0,
  primary key (dimension, bucket, key, part)
) with (fillfactor=70, autovacuum_vacuum_scale_factor=0.05);
comment on table count_day is 'As count_minute, by UTC day.';

create table "position" (
  source         text         not null,
  part           smallint     not null default 0,
  version        bigint       not null,
  host           text         not null,
  wire           text         not null,
  seq            bigint,
  time_us        bigint       not null,
  first_time_us  bigint       not null,
  epoch          integer      not null,
  updated_at     timestamptz  not null default now(),
  next_offset    bigint,
  log_id         text,
  complete       boolean      not null default true,
  primary key (source, part)
);
comment on table "position" is 'How far each source has been stored, moved in the transaction that stores the rows.';
comment on column "position".source is 'jetstream, synthetic:<seed>, file:<digest>, or kafka:<topic> where it came through Kafka.';
comment on column "position".part is 'Partition of the log; 0 where there is only one.';
comment on column "position".version is 'Counts the moves; a writer names the one it expects, so that two writers cannot both go on.';
comment on column "position".seq is 'Sequence number (v2 host) or line number (file) of the last stored frame.';
comment on column "position".time_us is 'Network clock of the last stored frame, µs; 0 for a partition of which nothing is stored yet.';
comment on column "position".first_time_us is 'Least network clock stored, µs: before it nothing was listened to.';
comment on column "position".epoch is 'Rises when the host was rebuilt and its sequence started over.';
comment on column "position".next_offset is 'Offset of the log to read on from; null where the log is in memory.';
comment on column "position".log_id is 'Id that Kafka gave the topic when it was made; null where the log is in memory.';
comment on column "position".complete is 'False for a source that was asked for some accounts only: it covers no time.';

create table gap (
  source       text         not null,
  host         text         not null,
  from_us      bigint       not null,
  to_us        bigint,
  reason       text         not null,
  detected_at  timestamptz  not null default now(),
  id           bigint       not null generated always as identity,
  detail       text,
  closed_at    timestamptz,
  closed_by    text,
  primary key (id),
  unique nulls not distinct (source, from_us, to_us, reason, detail)
);
comment on table gap is 'Stretches of network time, [from_us, to_us), of which events are known to be missing.';
comment on column gap.to_us is 'Null while it goes on.';
comment on column gap.detail is 'Where a gap is of one collection, its name.';
comment on column gap.closed_at is 'When a replay had filled it.';
comment on column gap.closed_by is 'Source that filled it.';

create table count_minute (
  bucket     timestamptz  not null,
  dimension  text         not null,
  key        text         not null,
  part       smallint     not null default 0,
  n          bigint       not null,
  authors    bigint       not null default 0,
  primary key (dimension, bucket, key, part)
) partition by range (bucket);
comment on table count_minute is 'How many rows contribute to a key of a dimension, by minute of their time_us. Dimension active has no rows behind it: its authors are the accounts that did something.';
comment on column count_minute.part is 'Log partition of the writer, so that writers never wait for one another; -2 for corrections by maintenance. Readers sum.';
comment on column count_minute.authors is 'Different accounts behind n, of dimensions that count them: by hour and day.';

create table count_minute_other partition of count_minute default with (fillfactor=70, autovacuum_vacuum_scale_factor=0.05);
comment on table count_minute_other is 'Minutes of days that have no partition.';

create table count_hour (
  bucket     timestamptz  not null,
  dimension  text         not null,
  key        text         not null,
  part       smallint     not null default 0,
  n          bigint       not null,
  authors    bigint       not null default 0,
  primary key (dimension, bucket, key, part)
) partition by range (bucket);
comment on table count_hour is 'As count_minute, by hour.';

create table count_hour_other partition of count_hour default with (fillfactor=70, autovacuum_vacuum_scale_factor=0.05);
comment on table count_hour_other is 'Hours of months that have no partition.';

create table author_hour (
  bucket   timestamptz  not null,
  user_id  uuid         not null,
  minutes  bigint       not null default 0,
  primary key (bucket, user_id)
) partition by range (bucket);
comment on table author_hour is 'Accounts that wrote, changed or deleted a record in an hour (network clock). A fact about the past: deletes do not undo it.';
comment on column author_hour.minutes is 'Bit m is set where the account was active in minute m of the hour; 0 in rows written before minutes were kept.';

create table author_hour_other partition of author_hour default with (fillfactor=80);
comment on table author_hour_other is 'Hours of days that have no partition.';

create table author_day (
  bucket   timestamptz  not null,
  user_id  uuid         not null,
  kinds    smallint     not null default 0,
  primary key (bucket, user_id)
) partition by range (bucket);
comment on table author_day is 'As author_hour, by UTC day.';
comment on column author_day.kinds is 'What it did, added up: 1 post, 2 like, 4 repost, 8 follow, 16 anything else.';

create table author_day_other partition of author_day default with (fillfactor=85);
comment on table author_day_other is 'Days of months that have no partition.';

create table author_key (
  day        date      not null,
  dimension  text      not null,
  key        text      not null,
  user_id    uuid      not null,
  hour       smallint  not null,
  n          integer   not null,
  primary key (dimension, key, user_id, day, hour)
) partition by range (day);
comment on table author_key is 'How many live rows of an account contribute to a key in an hour: the accounts behind count_hour and count_day.';
comment on column author_key.hour is 'Hour of the day, 0 to 23, UTC.';

create table author_key_other partition of author_key default;
comment on table author_key_other is 'Days that have no partition.';

create table account_standing (
  user_id      uuid         not null,
  did          text         not null,
  hidden       boolean      not null,
  status       text,
  account_seq  bigint       not null default '-1'::integer,
  cut_rev      text         collate "C",
  cut_bits     bigint,
  cut_reason   text,
  decided_at   timestamptz  not null default now(),
  xid          xid8         not null default pg_current_xact_id(),
  settled_at   timestamptz,
  primary key (user_id)
);
create index account_standing_waiting on account_standing using btree (user_id) where settled_at is null;
comment on table account_standing is 'The deletion ledger: accounts that are or were hidden, deleted, resynchronised, or purged by request.';
comment on column account_standing.hidden is 'Its rows stay, and neither show nor count, until an account event says that it is active again.';
comment on column account_standing.status is 'As the account event with the greatest seq said.';
comment on column account_standing.account_seq is 'Relay seq of that event; -1 where none came.';
comment on column account_standing.cut_rev is 'Records with a smaller rev are gone and do not come back: the greatest of all deletions and resyncs, as a TID.';
comment on column account_standing.cut_bits is 'cut_rev as a number.';
comment on column account_standing.cut_reason is 'deleted, sync or request.';
comment on column account_standing.xid is 'Version of the entry: the transaction that changed it last.';
comment on column account_standing.settled_at is 'When all stored rows of the account were found to agree with it; null while that is still to be done.';

create table engagement (
  subject  uuid      not null,
  hour     integer   not null,
  part     smallint  not null default 0,
  likes    integer   not null default 0,
  reposts  integer   not null default 0,
  replies  integer   not null default 0,
  quotes   integer   not null default 0,
  primary key (subject, hour, part)
) with (fillfactor=85);
comment on table engagement is 'Live records that point at a post, by hour of their time_us; also of posts that were never seen. A post''s total is the sum.';
comment on column engagement.hour is 'Hours since 1970; 0 gathers the old hours of posts of which nobody wants the curve.';

create table tie (
  subject    uuid      not null,
  day        date      not null,
  part       smallint  not null default 0,
  follows    integer   not null default 0,
  unfollows  integer   not null default 0,
  blocks     integer   not null default 0,
  unblocks   integer   not null default 0,
  primary key (subject, day, part)
) with (fillfactor=85);
comment on table tie is 'Follows and blocks of an account by others: live ones by day of their time_us, ended ones by day of their end.';

create table collection (
  nsid           text    not null,
  first_seen_us  bigint  not null,
  primary key (nsid)
);
comment on table collection is 'Every collection that was ever seen, with the least network time of a record of it, µs.';

create table coverage (
  source     text         not null,
  bucket     timestamptz  not null,
  part       smallint     not null default 0,
  frames     bigint       not null,
  first_us   bigint       not null,
  last_us    bigint       not null,
  first_seq  bigint,
  last_seq   bigint,
  primary key (source, bucket, part)
) with (fillfactor=85);
comment on table coverage is 'What came from a source, by minute of network time.';
comment on column coverage.frames is 'Messages stored, repeats included.';

create table count_settled (
  bucket     timestamptz  not null,
  dimension  text         not null,
  key        text         not null,
  n          bigint       not null,
  primary key (bucket, dimension, key)
);
comment on table count_settled is 'Contributions, by hour, of rows whose partition was dropped: what counts hold beyond what rows can tell.';

create table aged_out (
  table_name  text         not null,
  first_day   date         not null,
  end_day     date         not null,
  bytes       bigint       not null,
  dropped_at  timestamptz  not null default now(),
  primary key (table_name, first_day)
);
comment on table aged_out is 'Partitions that were dropped. What their rows counted stays in the counts; those days are not stored again.';
comment on column aged_out.first_day is 'First UTC day of the partition: of ids in the tables of rows, of buckets in the others.';
comment on column aged_out.end_day is 'The day after its last.';
comment on column aged_out.bytes is 'What it took on disk, indexes included, when it was dropped last.';

create table people_day (
  day          date         not null,
  week         integer,
  month        integer,
  basis        bigint       not null,
  computed_at  timestamptz  not null default now(),
  primary key (day)
);
comment on table people_day is 'Different accounts that were active in the 7 and the 30 days that end with a day of UTC.';
comment on column people_day.week is 'Null where it could not be told: the accounts of some of the days were no longer stored.';
comment on column people_day.basis is 'Sum of the daily counts of these 30 days when they were counted: where it is another now, they are counted again.';
