-- One round trip: the entry unless it was purged, the sequence a fill would start from, and who is to fill it.
-- KEYS: entry, versions, lock.  ARGV: the highest sequence the caller has seen, who it is, how long in ms it would hold
-- the lock of filling (0: it does not ask for it).
-- Reply: { sequence, lock } for a miss, { sequence, lock, the entry's, tags, meta, body, ms it is kept when stale, remaining
-- ms } for an entry. lock: 0 nobody's, 1 the caller's, 2 another's.
local entry = redis.call('HMGET', KEYS[1], 's', 't', 'k')
local snapshot, tags, keep = tonumber(entry[1]), entry[2], tonumber(entry[3]) or 0
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
  snapshot = nil
end
local now = string.format('%.0f', seq)

local function is_purged()
  if not snapshot or not tags or snapshot < floor then
    return true
  end
  if tags == '' then
    return false
  end
  local names = {}
  for tag in string.gmatch(tags, '[^\n]+') do
    names[#names + 1] = tag
  end
  for _, version in ipairs(redis.call('HMGET', KEYS[2], unpack(names))) do
    if version and tonumber(version) > snapshot then
      return true
    end
  end
  return false
end

-- Whoever holds it says since when: a fill from before a purge is not worth waiting for.
local function lock()
  if ARGV[3] == '0' then
    return 0
  end
  local mine = ARGV[2] .. ' ' .. now
  if redis.call('SET', KEYS[3], mine, 'NX', 'PX', ARGV[3]) then
    return 1
  end
  local holder = redis.call('GET', KEYS[3])
  if holder and string.match(holder, ' (%d+)$') == now and string.match(holder, '^(%S+)') ~= ARGV[2] then
    return 2
  end
  redis.call('SET', KEYS[3], mine, 'PX', ARGV[3])
  return 1
end

if is_purged() then
  return { now, lock() }
end
local rest = redis.call('HMGET', KEYS[1], 'm', 'b')
local ttl = redis.call('PTTL', KEYS[1])
if not rest[1] or not rest[2] or ttl <= 0 then
  return { now, lock() }
end
return { now, ttl > keep and 0 or lock(), entry[1], tags, rest[1], rest[2], keep, ttl }
