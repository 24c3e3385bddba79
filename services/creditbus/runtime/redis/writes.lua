-- Write what one partition brought, in order, once: all of it or nothing.
-- ARGV: prefix, topic, partition, known position, next position, packed writes, packed origins.
-- Whatever lies before the stored position was written already; a stored position below the known one
-- means that Redis has lost writes, and then nothing may be written on top of the gap.
local prefix, topic, place = ARGV[1], ARGV[2], ARGV[2] .. '/' .. ARGV[3]
local known, following = tonumber(ARGV[4]), tonumber(ARGV[5])
local counts = prefix .. 'counts'

local position = tonumber(redis.call('HGET', prefix .. 'positions', place) or '0')
if position < known then
  return -1
end

local function count(field, by)
  if redis.call('HINCRBY', counts, field, by) == 0 then
    redis.call('HDEL', counts, field)
  end
end

local function outranks(key, revision)
  local held = redis.call('HGET', key, 'revision')
  return not held or tonumber(held) < revision
end

local function owe(key, obligation)
  local body, action, revision, stated = unpack(
    redis.call('HMGET', key, 'body', 'action', 'revision', 'stated'))
  if not body then
    return
  end
  local answer = redis.call('HGET', key, 'answer ' .. revision .. ' ' .. body)
  redis.call('ZREM', prefix .. 'owed ' .. body .. ' APPLY', obligation)
  redis.call('ZREM', prefix .. 'owed ' .. body .. ' LIFT', obligation)
  if not answer or answer == 'ACCEPTED' then
    redis.call('ZADD', prefix .. 'owed ' .. body .. ' ' .. action, stated, obligation)
  end
end

-- Numbers follow the server's clock, so that one given out before Redis lost its last writes is never
-- given out again for something else.
local function log(entry)
  local last = tonumber(redis.call('GET', prefix .. 'exposure-number') or '0')
  local now = redis.call('TIME')
  local number = string.format('%.0f', math.max(last + 1, now[1] * 1000000 + now[2]))
  redis.call('SET', prefix .. 'exposure-number', number)
  redis.call('ZADD', prefix .. 'exposure-log', number, entry)
end

local write = {}

function write.standing(_, subject, revision, content, places)
  local key = prefix .. 'standing ' .. subject
  if not outranks(key, revision) then
    return
  end
  local before = redis.call('HGET', key, 'places')
  if not before then
    count('subjects', 1)
  end
  for _, at in ipairs(before and cmsgpack.unpack(before) or {}) do
    count('entries ' .. at, -1)
  end
  for _, at in ipairs(places) do
    count('entries ' .. at, 1)
  end
  redis.call('HSET', key, 'revision', revision, 'content', content, 'places', cmsgpack.pack(places))
end

function write.exposure(_, entry, revision, content)
  local key = prefix .. 'exposure ' .. entry
  if not outranks(key, revision) then
    return
  end
  redis.call('HSET', key, 'revision', revision, 'content', content)
  redis.call('SADD', prefix .. 'exposed', entry)
  log(entry)
end

-- The log names entries only, so that nothing of a withdrawn exposure is left anywhere.
function write.withdrawal(_, entry)
  redis.call('SREM', prefix .. 'exposed', entry)
  if redis.call('DEL', prefix .. 'exposure ' .. entry) == 1 then
    log(entry)
  end
end

function write.directive(_, obligation, revision, directive, body, action, stated, content)
  local key = prefix .. 'directive ' .. obligation
  if not outranks(key, revision) then
    return
  end
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local answered = tonumber(string.match(field, '^answer (%d+) '))
    local tried = string.match(field, '^attempt (.*)$')
    if (answered and answered < revision) or (tried and tried ~= directive) then
      redis.call('HDEL', key, field)
    end
  end
  redis.call('HSET', key, 'revision', revision, 'directive', directive, 'body', body,
    'action', action, 'stated', stated, 'content', content)
  redis.call('SADD', prefix .. 'bodies', body)
  owe(key, obligation)
end

-- An answer or an attempt may come before its directive does: they travel on topics of their own.
function write.acknowledgement(_, obligation, revision, body, outcome)
  local key = prefix .. 'directive ' .. obligation
  local field = 'answer ' .. revision .. ' ' .. body
  local held = redis.call('HGET', key, field)
  if held and held ~= 'ACCEPTED' and outcome == 'ACCEPTED' then
    return
  end
  redis.call('HSET', key, field, outcome)
  owe(key, obligation)
end

function write.attempt(_, obligation, directive, content)
  redis.call('HSET', prefix .. 'directive ' .. obligation, 'attempt ' .. directive, content)
end

function write.refusal(offset, source, reason, content)
  count('refused ' .. source, 1)
  count('reason ' .. reason, 1)
  redis.call('XADD', prefix .. 'refusals ' .. source, 'MAXLEN', '~', 10000,
    string.format('%.0f-0', offset + 1), 'content', content)
end

function write.duplicate(_, source)
  count('duplicate ' .. source, 1)
end

function write.dead_letter(_, source)
  count('dead ' .. source, 1)
end

local written = 0
for _, each in ipairs(cmsgpack.unpack(ARGV[6])) do
  if each[1] >= position then
    write[each[2]](each[1], unpack(each, 3))
    written = written + 1
  end
end
for source, received in pairs(cmsgpack.unpack(ARGV[7])) do
  local field = 'received ' .. source
  if tonumber(redis.call('HGET', counts, field) or '0') < received then
    redis.call('HSET', counts, field, received)
  end
end
if written > 0 then
  count('topic ' .. topic, written)
end
if following > position then
  redis.call('HSET', prefix .. 'positions', place, following)
end
return math.max(following, position)
