import { createHash } from 'node:crypto';

/** A script of Redis with the digest that it is called by. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

const script = (lua: string): Script => ({ lua, sha: createHash('sha1').update(lua).digest('hex') });

/** Field of a partition's hash that holds the id of its last commit. No document's: `%` is always escaped in those. */
export const CommitField = '%';

/** What the commit script answers. */
export const CommitReply = { conflict: 0, written: 1 } as const;

/**
 * Commits writes to one partition: a hash whose fields are documents, each `revision:value`.
 *
 * KEYS[1] the hash; ARGV[1] an id of this commit, then four for each write: field, expected revision
 * or nothing, `1` to write or `0` to remove, value.
 *
 * A commit that comes again, because its answer was lost, is known by its id and not done twice. It
 * writes its id once more, so that a WAIT behind it covers the first time, too. Redis refuses the
 * first write of a script or none, so that all is written or nothing.
 */
export const commitScript = script(`
local key, id = KEYS[1], ARGV[1]
if redis.call('HGET', key, '${CommitField}') == id then
  redis.call('HSET', key, '${CommitField}', id)
  return ${CommitReply.written}
end
local revisions = {}
for at = 2, #ARGV, 4 do
  local stored = redis.call('HGET', key, ARGV[at])
  local revision = stored and tonumber(string.match(stored, '^(%d+):')) or 0
  if ARGV[at + 1] ~= '' and tonumber(ARGV[at + 1]) ~= revision then return ${CommitReply.conflict} end
  revisions[at] = revision
end
redis.call('HSET', key, '${CommitField}', id)
for at = 2, #ARGV, 4 do
  if ARGV[at + 2] == '1' then
    redis.call('HSET', key, ARGV[at], string.format('%d:', revisions[at] + 1) .. ARGV[at + 3])
  else
    redis.call('HDEL', key, ARGV[at])
  end
end
if redis.call('HLEN', key) == 1 then redis.call('DEL', key) end
return ${CommitReply.written}
`);
