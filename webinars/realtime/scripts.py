"""What happens in Redis in one step: numbering, keeping and publishing, so that the order on the channel is the order
of the numbers. A lost counter (Redis restarted empty) begins a new epoch, which tells pages to catch up."""

from webinars.realtime.recent import MOST_EVENTS

# Longer breaks are healed from the database.
RECENT_LIFE_SECONDS = 300

NUMBERED = f"""
local function publish(counter, recent, epoch, life, channel, body)
  local known = redis.call('HGET', counter, 'epoch')
  if not known then
    known = epoch
    redis.call('HSET', counter, 'epoch', epoch)
  end
  local seq = redis.call('HINCRBY', counter, 'seq', 1)
  redis.call('EXPIRE', counter, life)
  local event = known .. ' ' .. seq .. ' ' .. body
  redis.call('RPUSH', recent, event)
  redis.call('LTRIM', recent, -{MOST_EVENTS}, -1)
  redis.call('EXPIRE', recent, {RECENT_LIFE_SECONDS})
  redis.call('PUBLISH', channel, event)
  return seq
end
"""

# KEYS: counter, recent events. ARGV: a new epoch, life of the counter, channel, body, and 1 to begin that epoch in any
# case.
PUBLISH = (
    NUMBERED
    + """
if ARGV[5] == '1' then redis.call('DEL', KEYS[1], KEYS[2]) end
return publish(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
"""
)

# KEYS: counter, recent events, tally, gate. ARGV: a new epoch, life of the counter, channel, milliseconds between two
# events, what comes before the values, what comes after them, and with TELL a message that something waits, then names
# and values.
_OPEN = """
local function open(keys, argv)
  if redis.call('EXISTS', keys[3]) == 0 then return 0 end
  if not redis.call('SET', keys[4], 1, 'NX', 'PX', argv[4]) then
    return math.max(1, redis.call('PTTL', keys[4]))
  end
  local newest = redis.call('HGETALL', keys[3])
  local parts = {}
  for i = 1, #newest, 2 do parts[#parts + 1] = cjson.encode(newest[i]) .. ':' .. newest[i + 1] end
  redis.call('DEL', keys[3])
  publish(keys[1], keys[2], argv[1], argv[2], argv[3], argv[5] .. table.concat(parts, ',') .. argv[6])
  return 0
end
"""

# Publishes what waits unless the last event of this kind is too young; answers the milliseconds to wait, or 0.
FLUSH = NUMBERED + _OPEN + "return open(KEYS, ARGV)"

# Keeps the newest values, and publishes them at once or says (once) that they wait.
TELL = (
    NUMBERED
    + _OPEN
    + """
local first = redis.call('EXISTS', KEYS[3]) == 0
for i = 8, #ARGV, 2 do redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[3], ARGV[2])
local wait = open(KEYS, ARGV)
if wait ~= 0 and first then redis.call('PUBLISH', ARGV[3], ARGV[7] .. wait .. ']') end
return wait
"""
)
