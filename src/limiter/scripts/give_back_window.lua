-- Gives tokens back that were taken of a bucket and not spent, unless the bucket has been forgotten.
-- KEYS: bucket.  ARGV: tokens.  Reply: how many were given back.
local taken = tonumber(redis.call('GET', KEYS[1]) or '0')
local given = math.min(taken, tonumber(ARGV[1]))
if given <= 0 then
  return 0
end
redis.call('DECRBY', KEYS[1], string.format('%.0f', given))
return given
