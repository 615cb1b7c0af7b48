-- One round trip: the entry, whether it is still fresh, and the sequence a fill would start from.
-- KEYS: entry, versions.  ARGV: the highest sequence the caller has seen.
-- Reply: { sequence } for a miss, { sequence, the entry's, tags, meta, body, remaining ms } for a hit.
local entry = redis.call('HMGET', KEYS[1], 's', 't')
local snapshot, tags = tonumber(entry[1]), entry[2]
local heads = redis.call('HMGET', KEYS[2], 'seq', 'floor')
local seq, floor = tonumber(heads[1]), tonumber(heads[2])
local seen = tonumber(ARGV[1])

-- A sequence that is gone or runs behind was lost (FLUSHALL, eviction, an older replica): nothing stored
-- before now can be trusted, so the floor is raised above everything anybody has seen.
if not seq or not floor or seq < seen or (snapshot and snapshot > seq) then
  local time = redis.call('TIME')
  seq = math.max(time[1] * 1000000 + time[2], seen + 1, (seq or 0) + 1, (snapshot or 0) + 1)
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[2], 'seq', string.format('%.0f', seq), 'floor', string.format('%.0f', seq))
  return { string.format('%.0f', seq) }
end

local miss = { string.format('%.0f', seq) }
if not snapshot or not tags or snapshot < floor then
  return miss
end
if tags ~= '' then
  local names = {}
  for tag in string.gmatch(tags, '[^\n]+') do
    names[#names + 1] = tag
  end
  for _, version in ipairs(redis.call('HMGET', KEYS[2], unpack(names))) do
    if version and tonumber(version) > snapshot then
      return miss
    end
  end
end
local rest = redis.call('HMGET', KEYS[1], 'm', 'b')
local ttl = redis.call('PTTL', KEYS[1])
if not rest[1] or not rest[2] or ttl <= 0 then
  return miss
end
return { miss[1], entry[1], tags, rest[1], rest[2], ttl }
