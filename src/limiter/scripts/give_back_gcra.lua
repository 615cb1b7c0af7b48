-- Gives tokens back that were taken and not spent: the next arrival is as much earlier.
-- KEYS: the theoretical arrival time.  ARGV: limit, window in ms, now in ms, tokens.  Reply: 1, or 0 where there was nothing.
local limit, window, now, tokens = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local ms, part = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+):(%d+)$')
if not ms or tonumber(ms) < now then
  return 0
end
local used = (tonumber(ms) - now) * limit + math.min(tonumber(part), limit)
used = math.max(0, used - tokens * window)
ms, part = now + math.floor(used / limit), used % limit
redis.call('SET', KEYS[1], string.format('%.0f:%.0f', ms, part), 'PX', string.format('%.0f', ms - now + 1000))
return 1
