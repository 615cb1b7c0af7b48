-- Takes tokens by the generic cell rate algorithm: what is needed and, of the rest, at most a quarter for later.
-- KEYS: the theoretical arrival time, "<ms>:<parts of 1/limit ms>".
-- ARGV: limit, window in ms, burst, now in ms, the least to take, what is needed, more for later.
-- Reply: taken, and the arrival time's ms and parts.
-- It is kept for a second longer than it counts: the clock of another caller may be behind.
local limit, window, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local least, needed, more = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local ms, part = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+):(%d+)$')
ms, part = tonumber(ms or '0'), tonumber(part or '0')
-- In 1/limit ms, in which everything is whole and nothing is rounded. One token is `window`.
local used = 0
if ms >= now then
  used = (ms - now) * limit + math.min(part, limit)
end
local available = math.max(0, math.floor((burst * window - used) / window))
if available < least then
  return { 0, ms, part }
end
local taken = math.min(needed, available)
taken = taken + math.min(more, math.floor((available - taken) / 4))
if taken > 0 then
  used = used + taken * window
  ms, part = now + math.floor(used / limit), used % limit
  redis.call('SET', KEYS[1], string.format('%.0f:%.0f', ms, part), 'PX', string.format('%.0f', ms - now + 1000))
end
return { taken, ms, part }
