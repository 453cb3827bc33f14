-- What the migrations add up to, for reading. Made by npm run db:schema; changes belong into migrations/.
-- The store adds a partition for each day of bluesky_post and bluesky_record when it first needs it.

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
  primary key (id),
  unique (did)
) with (fillfactor=85);
create index bluesky_user_by_handle on bluesky_user using btree (lower(handle)) where handle is not null;
comment on table bluesky_user is 'Accounts that did something while we listened.';
comment on column bluesky_user.id is 'UUIDv8 of SHA-256(did).';
comment on column bluesky_user.handle is 'Last handle an identity event claimed; never overwritten by an event without one.';
comment on column bluesky_user.active is 'False hides the account''s posts; reversible.';
comment on column bluesky_user.status is 'takendown, suspended, deleted, deactivated … as the last account event said.';
comment on column bluesky_user.seq is 'Greatest relay sequence number among the account''s identity and account events.';
comment on column bluesky_user.identity_seq is 'seq of the identity event that gave the handle; only one with a greater seq replaces it.';
comment on column bluesky_user.account_seq is 'seq of the account event that gave active and status, likewise.';
comment on column bluesky_user.bsky_timestamp is 'Relay time of the event that seq names.';
comment on column bluesky_user.first_seen_at is 'Hour of the earliest event by the account (network clock).';
comment on column bluesky_user.last_seen_at is 'Hour of the latest event by the account (network clock).';

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
  primary key (id)
) partition by range (id);
comment on table bluesky_record is 'Every record that is not a post, of any collection, each row the last operation; and identity, account and sync events as pseudo-collections $identity, $account, $sync.';
comment on column bluesky_record.subject is 'Id of the post (like, repost) or account (follow, block) it points at.';
comment on column bluesky_record.rev is 'Repository revision as the 64-bit number of its TID; for pseudo-collections the relay''s seq.';

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

create table count_minute (
  bucket     timestamptz  not null,
  dimension  text         not null,
  key        text         not null,
  part       smallint     not null default 0,
  n          bigint       not null,
  primary key (dimension, bucket, key, part)
) with (fillfactor=70, autovacuum_vacuum_scale_factor=0.05);
comment on table count_minute is 'How many rows contribute to a key of a dimension, by minute of their time_us.';
comment on column count_minute.part is 'Log partition of the writer, so that writers never wait for one another; readers sum.';

create table count_hour (
  bucket     timestamptz  not null,
  dimension  text         not null,
  key        text         not null,
  part       smallint     not null default 0,
  n          bigint       not null,
  primary key (dimension, bucket, key, part)
) with (fillfactor=70, autovacuum_vacuum_scale_factor=0.05);
comment on table count_hour is 'As count_minute, by hour.';

create table count_day (
  bucket     timestamptz  not null,
  dimension  text         not null,
  key        text         not null,
  part       smallint     not null default 0,
  n          bigint       not null,
  primary key (dimension, bucket, key, part)
) with (fillfactor=70, autovacuum_vacuum_scale_factor=0.05);
comment on table count_day is 'As count_minute, by UTC day.';

create table author_hour (
  bucket   timestamptz  not null,
  user_id  uuid         not null,
  primary key (bucket, user_id)
);
comment on table author_hour is 'Accounts that wrote, changed or deleted a record in an hour (network clock). A fact about the past: deletes do not undo it.';

create table author_day (
  bucket   timestamptz  not null,
  user_id  uuid         not null,
  primary key (bucket, user_id)
);
comment on table author_day is 'As author_hour, by UTC day.';

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

create table gap (
  source       text         not null,
  host         text         not null,
  from_us      bigint       not null,
  to_us        bigint       not null,
  reason       text         not null,
  detected_at  timestamptz  not null default now(),
  primary key (source, from_us, to_us, reason)
);
comment on table gap is 'Stretches of network time, [from_us, to_us), of which events are known to be missing.';
